import { noData, sourceError, type NoAnswer } from './outcome-answer';

/** One counter of one process: what it showed last before a window began, and what it showed since, in order of time. */
export interface CounterSamples {
  /** Undefined where it was not there yet. */
  before?: number;
  since: readonly number[];
}

/**
 * What a counter that appears within a window shows first was counted since its process began. More than this is not: the process was there
 * and nobody looked, or its labels changed.
 */
export const LARGEST_BEGINNING = 100;

/**
 * By how much counters grew within a window, all together. A value below the one before it means that the process began anew: it counts from
 * zero, as in Prometheus' `increase()`, but nothing is extrapolated, and what a new counter shows first counts.
 * @param name how messages call them
 */
export function increaseOf(name: string, counters: readonly CounterSamples[]): number | NoAnswer {
  if (!counters.some(({ before }) => before !== undefined)) {
    return noData(`It has nothing for ${name} from before the window began, so nobody knows from where to count.`);
  }
  let sum = 0;
  for (const { before, since } of counters) {
    const [first = 0] = since;
    if (before === undefined && first > LARGEST_BEGINNING) {
      return sourceError(
        `A counter of ${name} that was not there when the window began shows ${Math.round(first)} at first. Were its labels changed?`,
      );
    }
    let last = before ?? 0;
    for (const value of since) {
      const fault = faultOf(name, value);
      if (fault !== undefined) return fault;
      sum += value < last ? value : value - last;
      last = value;
    }
    const fault = before === undefined ? undefined : faultOf(name, before);
    if (fault !== undefined) return fault;
  }
  return sum;
}

function faultOf(name: string, value: number): NoAnswer | undefined {
  if (Number.isNaN(value)) return sourceError(`It gives NaN for ${name}.`);
  if (!Number.isFinite(value)) return sourceError(`It gives an infinite number for ${name}.`);
  return value < 0 ? sourceError(`It gives a negative number for ${name}: that is no counter.`) : undefined;
}
