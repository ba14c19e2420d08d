/** How a migration runs against the clock on the wall: from its start on, `timeScale` times as fast. */
export interface PlannedClock {
  startedAt: Date;
  timeScale: number;
}

/** The instant by the plan's own time that a real one stands for. The same where the time scale is 1. */
export function plannedTime({ startedAt, timeScale }: PlannedClock, real: Date): Date {
  const start = startedAt.getTime();
  return new Date(start + (real.getTime() - start) * timeScale);
}

/** The real instant that an instant of the plan's own time falls on, to the next millisecond. */
export function realTime({ startedAt, timeScale }: PlannedClock, planned: Date): Date {
  const start = startedAt.getTime();
  return new Date(start + Math.ceil((planned.getTime() - start) / timeScale));
}
