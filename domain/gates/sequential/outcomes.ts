/**
 * What became of handoffs on one side since the last look, each counted once: **those whose deadline has passed**, kept ones as well as missed
 * ones. A kept one that counted when it was kept would come before the missed ones of the same hour, and a lull in arrivals would then
 * show nothing but missed ones: a healthy side would look broken.
 */
export interface Outcomes {
  kept: number;
  missed: number;
}

export interface BothSides {
  target: Outcomes;
  legacy: Outcomes;
}

export const NO_OUTCOMES: Outcomes = { kept: 0, missed: 0 };

export function total({ kept, missed }: Outcomes): number {
  return kept + missed;
}

export function addOutcomes(one: Outcomes, other: Outcomes): Outcomes {
  return { kept: one.kept + other.kept, missed: one.missed + other.missed };
}

/** @throws RangeError where a count is no whole number from 0 up */
export function checkCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(
        `${name} must be a whole number of at least 0 (got ${count}): pass what came since the last look.`,
      );
    }
  }
}

/** Log likelihood of outcomes at a kept rate above 0 and below 1. */
export function logLikelihood({ kept, missed }: Outcomes, rate: number): number {
  return kept * Math.log(rate) + missed * Math.log1p(-rate);
}
