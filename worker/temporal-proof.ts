import type { ControlProof } from '../activities/gates/control-proof';
import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from '../store/database';
import { databaseNow } from '../store/database-clock';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

export interface TemporalProofOptions {
  db: Queryable;
  /** One cheap call that Temporal answers only where it can also do its work. Must end by itself within a short time. */
  askTemporal: () => Promise<unknown>;
  onFailure: (error: unknown) => void;
  /** Between two questions: well under the shortest lease, which is 3 s. */
  every?: Milliseconds;
}

const EVERY: Milliseconds = 500;

/** Asks Temporal again and again. The moment is taken before each question, by the clock that leases are counted by. */
export function startTemporalProof(options: TemporalProofOptions): ControlProof & Repeating {
  const { db, askTemporal, onFailure, every = EVERY } = options;
  let provenAt: Date | undefined;
  const asking = repeatUntilStopped(async () => {
    const askedAt = await databaseNow(db);
    await askTemporal();
    provenAt = askedAt;
    return every;
  }, onFailure);
  return { provenAt: () => provenAt, stop: () => asking.stop() };
}
