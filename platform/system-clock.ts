import type { Clock } from '../domain/time/clock';

/** The machine's clock. Fences and leases use the database's instead. */
export const systemClock: Clock = { now: () => new Date() };
