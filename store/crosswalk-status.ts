import type { CrosswalkStatus } from '../domain/status/crosswalk-answers';
import { readKeys } from './crosswalk-keys';
import type { Queryable } from './database';
import { countGivenUp, countHeld } from './unlinked-events';

/** How the crosswalk of a migration stands: its keys, its ids by kind, what is held. */
export async function readCrosswalk(connection: Queryable, migration: string): Promise<CrosswalkStatus> {
  const { rows: ids } = await connection.query<CrosswalkStatus['ids'][number]>(
    `SELECT v.vendor, v.kind, min(v.names) AS names, count(*)::float8 AS ids, count(l.vendor_id)::float8 AS linked
       FROM vendor_id v LEFT JOIN vendor_link l ON l.vendor_id = v.number AND l.kind = 'patient'
      WHERE v.migration = $1 GROUP BY v.vendor, v.kind ORDER BY v.vendor, v.kind`,
    [migration],
  );
  return {
    keys: (await readKeys(connection)).map(({ id, origin, writing, createdAt, createdBy }) => ({
      ...{ id, origin, writing, createdBy },
      createdAt: createdAt.toISOString(),
    })),
    ids,
    held: (await countHeld(connection, migration)).map(({ because, events, oldest }) => ({
      ...{ because, events },
      oldestAt: oldest.toISOString(),
    })),
    givenUp: await countGivenUp(connection, migration),
  };
}
