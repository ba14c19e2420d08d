import {
  EpisodeOfAnother,
  HeldNoLonger,
  NotForAnEpisode,
  NothingHeld,
  UnknownEpisode,
} from '../domain/crosswalk/crosswalk-failures';
import type { FiledAnswer } from '../domain/status/crosswalk-answers';
import { appendAudit } from './audit';
import type { ChangeActor } from './crosswalk-changes';
import type { Database, Queryable } from './database';
import { judgeWhose } from './file-sightings';
import type { MigrationPlan } from './migration-plans';
import { readPatientsOf, readRoots } from './patient-episodes';
import { claimHeld, type HeldEvent } from './unlinked-events';
import { holdVendorIds } from './vendor-ids';

/** Which held events: one by its number, or those that name one of these ids and wait for an episode. */
export type HeldEventsToFile = { event: string } | { vendorIds: readonly string[] };

/** Of one request: a repetition takes the next. */
const AT_ONCE = 500;

/**
 * Files held events under an episode because somebody says so, all in one transaction: a sweep stores them there, each once. An episode that is closed is taken
 * like any other that is named. Said again, it changes nothing.
 *
 * Ids, then what is held: as whoever takes these in has it.
 * @throws NothingHeld, HeldNoLonger, UnknownEpisode, EpisodeOfAnother, NotForAnEpisode
 */
export async function fileHeldEvents(
  db: Database,
  migration: MigrationPlan,
  actor: ChangeActor,
  { unit, which }: { unit: string; which: HeldEventsToFile },
): Promise<FiledAnswer> {
  return db.transaction(async (connection) => {
    const episode = (await readRoots(connection, migration.id, [unit]))(unit);
    const patient = (await readPatientsOf(connection, migration.id, [{ kind: 'episode', key: episode }]))(
      'episode',
      episode,
    );
    if (patient === undefined) throw new UnknownEpisode();
    const found = await findHeld(connection, migration.id, which);
    const ids = await holdVendorIds(
      connection,
      migration.id,
      found.flatMap(({ vendorIds }) => vendorIds),
    );
    const held = await claimHeld(
      connection,
      migration.id,
      found.map(({ number }) => number),
      'all',
    );
    const theirs: HeldEvent[] = [];
    let ofAnother = 0;
    for (const event of held) {
      const whose = event.type === null ? undefined : await judgeWhose(connection, migration, ids, event);
      if (whose === undefined || whose.episode !== undefined) continue;
      if (whose.patient === patient) theirs.push(event);
      else ofAnother += 1;
    }
    const toFile = theirs.filter(({ filedUnder }) => filedUnder !== episode).map(({ number }) => number);
    const alreadyFiled = await countFiled(connection, migration.id, which, episode);
    if (theirs.length === 0 && alreadyFiled === 0) {
      if (ofAnother > 0) throw new EpisodeOfAnother();
      if (held.length > 0) throw new NotForAnEpisode();
      if ('event' in which && (await isKnown(connection, migration.id, which.event))) throw new HeldNoLonger();
      throw new NothingHeld();
    }
    await writeFiled(connection, toFile, episode, actor.id);
    if (toFile.length > 0) {
      await appendAudit(connection, {
        ...{ migration: migration.id, planHash: migration.planHash, actor: actor.id, verified: actor.verified },
        action: 'crosswalk.filed',
        // I15: by their numbers; which episode is in the crosswalk.
        evidence: { filed: toFile.length, events: toFile },
      });
    }
    return {
      ...{ episode, patient, alreadyFiled },
      filed: toFile.length,
      left: 'event' in which ? 0 : await countHeldOf(connection, which.vendorIds, episode),
    };
  });
}

interface FoundHeld {
  number: string;
  vendorIds: string[];
}

const VENDOR_IDS = `array(SELECT i.vendor_id::text FROM unlinked_event_id i WHERE i.event = u.number) AS "vendorIds"`;

/** Of those that name an id, the ones that wait for an episode. Locks nothing: hold the ids' rows first. */
async function findHeld(connection: Queryable, migration: string, which: HeldEventsToFile): Promise<FoundHeld[]> {
  const { rows } =
    'event' in which
      ? await connection.query<FoundHeld & Record<string, unknown>>(
          `SELECT u.number, ${VENDOR_IDS} FROM unlinked_event u WHERE u.migration = $1 AND u.number = $2 AND u.outcome IS NULL`,
          [migration, which.event],
        )
      : await connection.query<FoundHeld & Record<string, unknown>>(
          `SELECT u.number, ${VENDOR_IDS} FROM unlinked_event u
            WHERE u.migration = $1 AND u.outcome IS NULL AND u.because IN ('severalEpisodes', 'noEpisode') AND u.filed_under IS NULL
              AND u.number IN (SELECT i.event FROM unlinked_event_id i WHERE i.vendor_id = ANY ($2::bigint[]))
            ORDER BY u.number LIMIT $3`,
          [migration, which.vendorIds, AT_ONCE],
        );
  return rows;
}

/** Those that were filed there before this request, whatever became of them. */
async function countFiled(
  connection: Queryable,
  migration: string,
  which: HeldEventsToFile,
  episode: string,
): Promise<number> {
  const { rows } = await connection.query<{ filed: number }>(
    `SELECT count(*)::float8 AS filed FROM unlinked_event u
      WHERE u.migration = $1 AND u.filed_under IN (SELECT $2 UNION SELECT a.alias FROM unit_alias a WHERE a.migration = $1 AND a.unit = $2)
        AND (u.outcome IS NULL OR u.outcome = 'stored')
        AND u.number IN (SELECT $3::bigint WHERE $3 IS NOT NULL UNION ALL SELECT i.event FROM unlinked_event_id i WHERE i.vendor_id = ANY ($4::bigint[]))`,
    [migration, episode, 'event' in which ? which.event : null, 'event' in which ? [] : which.vendorIds],
  );
  return rows[0]?.filed ?? 0;
}

async function countHeldOf(connection: Queryable, vendorIds: readonly string[], episode: string): Promise<number> {
  const { rows } = await connection.query<{ left: number }>(
    `SELECT count(DISTINCT u.number)::float8 AS left FROM unlinked_event_id i
       JOIN unlinked_event u ON u.number = i.event AND u.outcome IS NULL AND u.filed_under IS DISTINCT FROM $2
      WHERE i.vendor_id = ANY ($1::bigint[])`,
    [vendorIds, episode],
  );
  return rows[0]?.left ?? 0;
}

async function isKnown(connection: Queryable, migration: string, event: string): Promise<boolean> {
  const { rowCount } = await connection.query('SELECT FROM unlinked_event WHERE migration = $1 AND number = $2', [
    migration,
    event,
  ]);
  return rowCount === 1;
}

async function writeFiled(
  connection: Queryable,
  numbers: readonly string[],
  episode: string,
  by: string,
): Promise<void> {
  if (numbers.length === 0) return;
  await connection.query(
    `UPDATE unlinked_event SET filed_under = $2, filed_by = $3, filed_at = clock_timestamp(), due_at = clock_timestamp() WHERE number = ANY ($1::bigint[])`,
    [numbers, episode, by],
  );
}
