import type { Database } from '../../store/database';
import { changeSplit, readSplit, renewLease } from '../../store/splits';
import type { ObservedSplit, SplitChange, SplitKey, TrafficRouter } from './traffic-router';

/**
 * The router that decisions are made by: the splits in Postgres. What is read back is what the next arrival is decided by, since every
 * decision reads the same row.
 */
export class PostgresTrafficRouter implements TrafficRouter {
  constructor(private readonly db: Database) {}

  async write(change: SplitChange): Promise<ObservedSplit> {
    return changeSplit(this.db, change);
  }

  async readBack(key: SplitKey): Promise<ObservedSplit | undefined> {
    return readSplit(this.db, key);
  }

  async renew(key: SplitKey & { epoch: number; lease: number; provenAt: Date }): Promise<ObservedSplit | undefined> {
    return renewLease(this.db, key);
  }
}
