import type { Milliseconds } from '../time/duration';

/** How long the transaction that places a unit, or changes a split, may take. A rollback waits no longer than that for either. */
export const PLACING_LIMIT: Milliseconds = 2_000;

/** The shortest lease that a split may have: a placement that was decided under a lease is committed well before another such lease is over. */
export const SHORTEST_LEASE: Milliseconds = 3_000;
