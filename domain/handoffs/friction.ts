/** What became of one handoff, on one side or on all. */
export interface CountedHandoff {
  phase: string;
  open: number;
  kept: number;
  missed: number;
  released: number;
}

/** R10: where a part of the journey hurts, from what happened. */
export interface PhaseFriction {
  phase: string;
  /** Handoffs that started. */
  volume: number;
  /** Of those that were decided, the share that was missed; null where none was. */
  breakRate: number | null;
  /** Volume times break rate: patients who were let down, or will be at that rate. null where there is no rate. */
  friction: number | null;
  /** Started and not decided: what is at risk now. */
  openRisk: number;
}

/** R10: friction by phase, in the order in which phases are first named. Those of the largest friction are worth moving first. */
export function frictionByPhase(handoffs: Iterable<CountedHandoff>): PhaseFriction[] {
  const phases = new Map<string, Omit<CountedHandoff, 'phase'>>();
  for (const { phase, open, kept, missed, released } of handoffs) {
    const sum = phases.get(phase) ?? { open: 0, kept: 0, missed: 0, released: 0 };
    phases.set(phase, {
      open: sum.open + open,
      kept: sum.kept + kept,
      missed: sum.missed + missed,
      released: sum.released + released,
    });
  }
  return [...phases].map(([phase, { open, kept, missed, released }]) => {
    const volume = open + kept + missed + released;
    const breakRate = kept + missed === 0 ? null : missed / (kept + missed);
    return { phase, volume, breakRate, friction: breakRate === null ? null : volume * breakRate, openRisk: open };
  });
}
