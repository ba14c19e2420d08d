/**
 * What failed within a look, and held a step or left something unknown, without ending the watch: a gate that could not be judged, or arrivals of cohorts
 * that could not be counted by side.
 */
export type WatchFailure = { error: unknown } & (
  | { of: 'judging'; migration: string; phase: string; cohort: string; gate: string }
  | { of: 'arrivals'; cohorts: readonly { migration: string; phase: string; cohort: string }[] }
);

/** Is told of every look that failed: whoever writes it down says the same seldom. Throws nothing. */
export type OnWatchFailure = (failure: WatchFailure) => void;
