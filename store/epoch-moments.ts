import type { SplitKey } from '../activities/traffic/traffic-router';
import type { Queryable } from './database';

/** All by the database's clock. */
export interface EpochMoments {
  attemptBegan: Date;
  epochBegan: Date;
  now: Date;
}

/** When the attempt and the epoch of a split began; undefined where one of them never did. */
export async function readEpochMoments(
  connection: Queryable,
  of: SplitKey & { epoch: number; attemptEpoch: number },
): Promise<EpochMoments | undefined> {
  const { rows } = await connection.query<{ epoch: string; changedAt: Date; now: Date }>(
    `SELECT epoch, changed_at AS "changedAt", clock_timestamp() AS now
       FROM split_change WHERE migration = $1 AND phase = $2 AND cohort = $3 AND epoch IN ($4, $5)`,
    [of.migration, of.phase, of.cohort, of.attemptEpoch, of.epoch],
  );
  const began = (epoch: number): Date | undefined => rows.find((row) => Number(row.epoch) === epoch)?.changedAt;
  const [attemptBegan, epochBegan, now] = [began(of.attemptEpoch), began(of.epoch), rows[0]?.now];
  if (attemptBegan === undefined || epochBegan === undefined || now === undefined) return undefined;
  return { attemptBegan, epochBegan, now };
}
