import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store/database';

/** Writes down an API process as it stands `leaseLeft` milliseconds before its lease ends; negative: after. It has seen everything, unless told otherwise. */
export async function joinProcess(
  db: Database,
  { id, leaseLeft = 60_000, keepsJournal = false, behind = 0, name = 'a host' }: JoinedProcess,
): Promise<void> {
  await db.query(
    `INSERT INTO api_process (id, incarnation, name, lease_until, seen_version, keeps_journal)
     SELECT $1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond', version - $5, $6 FROM split_version
     ON CONFLICT (id) DO UPDATE SET lease_until = EXCLUDED.lease_until, seen_version = EXCLUDED.seen_version`,
    [id, randomUUID(), name, leaseLeft, behind, keepsJournal],
  );
}

export interface JoinedProcess {
  id: string;
  leaseLeft?: number;
  keepsJournal?: boolean;
  /** Versions that it has not seen. */
  behind?: number;
  name?: string;
}
