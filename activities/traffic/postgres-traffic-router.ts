import { isRaise } from '../../domain/sides/judge-split-change';
import { awaitTakenOver } from '../../store/api-processes';
import type { Database } from '../../store/database';
import { changeSplit, readSplit, readSplits, renewLease, renewLeases } from '../../store/splits';
import type { LeaseRenewal, ObservedSplit, SplitChange, SplitKey, TrafficRouter } from './traffic-router';

/**
 * The router that decisions are made by: the splits in Postgres. What is read back is what the next arrival is decided by, since every
 * decision is checked against the same row.
 *
 * I2: a write that raises nothing has taken effect when no API process answers from memory as of before it. One that raises waits until the
 * write before it has, however late it comes.
 */
export class PostgresTrafficRouter implements TrafficRouter {
  constructor(private readonly db: Database) {}

  async write(change: SplitChange): Promise<ObservedSplit> {
    const raises = isRaise(change.cause);
    if (raises) await awaitTakenOver(this.db);
    const written = await changeSplit(this.db, change);
    if (!raises) await awaitTakenOver(this.db);
    return written;
  }

  async readBack(key: SplitKey): Promise<ObservedSplit | undefined> {
    return readSplit(this.db, key);
  }

  async renew(renewal: LeaseRenewal): Promise<ObservedSplit | undefined> {
    return renewLease(this.db, renewal);
  }

  async readBackAll(keys: readonly SplitKey[]): Promise<(ObservedSplit | undefined)[]> {
    return readSplits(this.db, keys);
  }

  async renewAll(renewals: readonly LeaseRenewal[]): Promise<(ObservedSplit | undefined)[]> {
    return renewLeases(this.db, renewals);
  }
}
