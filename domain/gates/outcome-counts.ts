/** Final outcomes of one handoff on one side. Released ones say nothing of the stack and are left out of a kept rate. */
export interface OutcomeCounts {
  kept: number;
  missed: number;
  released: number;
}

/**
 * What a gate is decided on. `attempt` accumulates since the attempt's first epoch: a limit is crossed on it.
 * `epoch` is the current epoch alone: going on needs enough of it.
 */
export interface GateReading {
  target: { attempt: OutcomeCounts; epoch: OutcomeCounts };
  /** Legacy over the same epochs and cohort. */
  legacy: { attempt: OutcomeCounts; epoch: OutcomeCounts };
  /** When the newest of the outcomes read became final, by the database's clock; null where there is none. */
  newestAt: string | null;
}
