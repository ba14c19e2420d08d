import type { Milliseconds } from '../domain/time/duration';
import { PREPARED, type Database, type Queryable } from './database';

/** The outcomes that gates count together: of one handoff in one cohort, from one attempt's first epoch on. */
export interface OutcomeGroup {
  migration: string;
  phase: string;
  cohort: string;
  handoff: string;
  fromEpoch: number;
}

/** At most that many are numbered by one call: well within a second. */
const NUMBERED_AT_ONCE = 4_000;

/** When an outcome may be counted. What a release before this one wrote does not say so: then at its deadline. */
export const MATURITY = 'coalesce(o.matures_at, o.deadline_at)';
/** `o`, an outcome, is of the group `a`. */
export const OF_GROUP =
  'o.migration = a.migration AND o.phase = a.phase AND o.cohort = a.cohort AND o.handoff = a.handoff';

/** Outcomes of one handoff in one cohort, whatever the attempt. */
export type NumberedGroup = Omit<OutcomeGroup, 'fromEpoch'>;

/**
 * Numbers the outcomes of these groups that have matured and have no number yet, in each group the oldest maturity first. One numberer at a time holds the lock until
 * it has committed, so that numbers come into sight in their order: whoever reads on from the highest number that it saw misses none, and reads none twice.
 *
 * What matured after the moment up to which sweepers have matched is left for a later call, so that no outcome comes before one that was missed meanwhile.
 * Waits for no sweeper: an outcome that one is noting a late end on is left for the next call, and gets a higher number.
 *
 * @param limit at most that many, and one of each group at least: groups with few get all of them, and the others what is left in equal parts, so that one that was
 * left alone for long holds up no other
 * @returns how many were numbered, and the groups of which more are left
 */
export async function numberMatured(
  db: Pick<Database, 'transaction'>,
  groups: readonly OutcomeGroup[],
  { limit = NUMBERED_AT_ONCE }: { limit?: number } = {},
): Promise<{ numbered: number; more: NumberedGroup[] }> {
  if (groups.length === 0) return { numbered: 0, more: [] };
  return db.transaction(
    async (connection) => {
      // A statement of its own waits for it, so that the one that looks sees what the numberer before it committed.
      await connection.query(`SELECT pg_advisory_xact_lock(hashtextextended('matured-outcomes', 0))`);
      let numbered = 0;
      let behind: readonly OutcomeGroup[] = groups;
      const held: NumberedGroup[] = [];
      for (let left = limit; behind.length > 0 && left > 0;) {
        const part = Math.max(1, Math.floor(left / behind.length));
        const { rows } = await connection.query<NumberedRow>(NUMBER, [...groupColumns(behind), part], PREPARED);
        const stillBehind: OutcomeGroup[] = [];
        for (const { places, found, numbered: some } of rows) {
          numbered += some;
          left -= some;
          if (found <= some) continue;
          const of = places.flatMap((place) => behind[place] ?? []);
          // Where it took fewer than it might have, somebody holds the others: they are free at a later call.
          if (some === part) stillBehind.push(...of);
          else held.push(...of);
        }
        behind = stillBehind;
      }
      return { numbered, more: [...held, ...behind] };
    },
    { byIndex: true },
  );
}

/** Of groups that are one but for where their attempts begin. */
interface NumberedRow extends Record<string, unknown> {
  /** Among those that were asked for. */
  places: number[];
  /** One more than may be numbered, where there are more. */
  found: number;
  numbered: number;
}

/**
 * Until when sweepers have said all that is to be said. A kept one is final before it matures, and a missed one only once a sweeper has looked at it after that: counted
 * as soon as each can be, those that were kept would come first, and stand alone for as long as sweepers are behind. A journey is due at the very moment at which what it may
 * miss matures, in whole milliseconds: what matured just before is complete.
 */
export const MATCHED_UNTIL = `least(statement_timestamp(), (SELECT min(due_at) FROM journey WHERE due_at IS NOT NULL) - interval '1 millisecond',
                              (SELECT min(due_at) FROM correlation WHERE due_at IS NOT NULL) - interval '1 millisecond')`;

/**
 * From epoch to epoch, those alone that have any to number: an index probe each. What is locked is written for certain. Nothing is joined but by an index: each row beside each
 * other one would be millions for a backlog.
 */
const NUMBER = `
  WITH RECURSIVE matched AS MATERIALIZED (
    SELECT ${MATCHED_UNTIL} AS until
  ), asked AS (
    SELECT migration, phase, cohort, handoff, min(from_epoch) AS from_epoch, array_agg((place - 1)::integer) AS places
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
             WITH ORDINALITY AS i (migration, phase, cohort, handoff, from_epoch, place)
     GROUP BY migration, phase, cohort, handoff
  ), a AS (
    SELECT k.*, (${nextEpoch('k', 'o.epoch >= k.from_epoch')}) AS epoch FROM asked k
     UNION ALL
    SELECT k.migration, k.phase, k.cohort, k.handoff, k.from_epoch, k.places, (${nextEpoch('k', 'o.epoch > k.epoch')})
      FROM a k WHERE k.epoch IS NOT NULL
  ), due AS MATERIALIZED (
    SELECT * FROM (
      SELECT a.places, m.id, m.maturity, row_number() OVER (PARTITION BY a.places ORDER BY m.maturity, m.id) AS turn
        FROM a
       CROSS JOIN LATERAL (
         SELECT o.id, ${MATURITY} AS maturity FROM handoff_occurrence o
          WHERE ${OF_GROUP} AND o.epoch = a.epoch AND o.final AND o.matured IS NULL AND o.from_side IS NOT NULL
            AND ${MATURITY} <= (SELECT until FROM matched)
          ORDER BY ${MATURITY} LIMIT $6::integer + 1
       ) m
    ) all_due WHERE turn <= $6::integer + 1
  ), free AS MATERIALIZED (
    SELECT o.id, due.places, due.maturity FROM due JOIN handoff_occurrence o ON o.id = due.id FOR NO KEY UPDATE OF o SKIP LOCKED
  ), ordered AS MATERIALIZED (
    SELECT id, places FROM (SELECT *, row_number() OVER (PARTITION BY places ORDER BY maturity, id) AS turn FROM free) f
     WHERE turn <= $6::integer ORDER BY maturity, id
  ), counted AS MATERIALIZED (
    SELECT id, nextval('handoff_matured_number') AS number FROM ordered
  ), written AS (
    UPDATE handoff_occurrence o SET matured = counted.number FROM counted WHERE o.id = counted.id
  )
  SELECT places, count(*) FILTER (WHERE NOT taken)::float8 AS found, count(*) FILTER (WHERE taken)::float8 AS numbered
    FROM (SELECT places, false AS taken FROM due UNION ALL SELECT places, true FROM ordered) c
   GROUP BY places`;

function nextEpoch(of: string, after: string): string {
  return `SELECT o.epoch FROM handoff_occurrence o
           WHERE ${OF_GROUP.replaceAll('a.', `${of}.`)} AND ${after} AND o.final AND o.matured IS NULL AND o.from_side IS NOT NULL
           ORDER BY o.epoch, ${MATURITY} LIMIT 1`;
}

/** What is read of a group: what has a number above `after`, and what counts as kept. */
export interface OutcomesAsked extends OutcomeGroup {
  /** The highest number that was read before; `0` for all. */
  after: string;
  /** Kept means: ended within this of its start. What was kept later counts as missed. */
  within?: Milliseconds;
  /** Missed means: since no end met this condition of the handoff's `must`. All else that was kept or missed counts as kept; `within` is not looked at. */
  condition?: string;
  /**
   * Missed means: its journey had an event of this type between the start and the deadline, once or more. All else that was kept or missed counts as kept. The time
   * of an event is the one by which handoffs are matched, so that what came in later than its lateness allows counts for nobody, whenever one looks.
   */
  event?: string;
}

/** Outcomes of one group that were of one epoch and matured in one minute. Released ones count for neither side, and are read all the same. */
export interface OutcomeSlice {
  /** Which of those asked for, by its place. */
  index: number;
  epoch: number;
  /** Its start, UTC. */
  minute: Date;
  target: { kept: number; missed: number };
  legacy: { kept: number; missed: number };
  /** The highest number among them. */
  last: string;
  /** When the newest of them could be counted: when it was final, and had matured. */
  newestAt: Date;
  /** There may be more of what was asked for than one call gives: ask again from the highest `last` on. */
  more: boolean;
}

/**
 * So many outcomes are read by one call, over all that is asked for. Leases are renewed when a look ends: catching up, should the state of every gate be lost,
 * takes many looks of a fraction of a second, and not one that outlasts the shortest lease (3 s).
 */
const READ_AT_ONCE = 10_000;

/**
 * Whether its journey had the event: one probe by journey and type in each month from that of its start on. No producer's clock may be as far ahead as a
 * day: what happened after the start was received at most that long before it.
 */
const HAD_EVENT = `EXISTS (
    SELECT FROM event e
     WHERE e.journey = o.journey AND e.type = a.event AND e.migration = o.migration
       AND e.matched_at BETWEEN o.started_at AND o.deadline_at AND e.received_at >= o.started_at - interval '1 day')`;

/** How an outcome counts, by what was asked. */
const COUNTS_AS = `CASE
  WHEN o.outcome = 'released' THEN 'released'
  WHEN a.event IS NOT NULL THEN CASE WHEN ${HAD_EVENT} THEN 'missed' ELSE 'kept' END
  WHEN a.condition IS NOT NULL THEN CASE WHEN o.outcome = 'missed' AND o.why -> 'failed' ->> 'condition' = a.condition THEN 'missed' ELSE 'kept' END
  WHEN o.outcome = 'kept' AND o.ended_at - o.started_at > a.within * interval '1 millisecond' THEN 'missed'
  ELSE o.outcome END`;

/** `asked`, as `a`. */
const ASKED = `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::float8[], $8::text[], $9::text[])
  WITH ORDINALITY AS a (migration, phase, cohort, handoff, from_epoch, after, within, condition, event, place)`;

/**
 * What was numbered since, in slices: of each asked for in the order of its minutes. The next call goes on from the highest `last` of all of its slices; since
 * a sweeper may be late, a later call may give more of an earlier minute. One statement for all of them, and a few more only where there is much to catch up
 * with: a minute may then come in parts.
 * @param atOnce so many outcomes are read at most, and one of each at least: those with little to read get all of it, and the others what is left, in equal parts
 */
export async function readMatured(
  connection: Queryable,
  asked: readonly OutcomesAsked[],
  { atOnce = READ_AT_ONCE }: { atOnce?: number } = {},
): Promise<OutcomeSlice[]> {
  const slices: Omit<OutcomeSlice, 'more'>[] = [];
  const after = asked.map((one) => one.after);
  let behind = [...asked.keys()];
  for (let left = atOnce; behind.length > 0 && left > 0;) {
    const part = Math.max(1, Math.floor(left / behind.length));
    const rows = await readSlices(
      connection,
      behind.flatMap((index) => asked.slice(index, index + 1).map((one) => ({ ...one, after: after[index] ?? '0' }))),
      part,
    );
    const readOf = new Map<number, number>();
    for (const { place, read, ...slice } of rows) {
      const index = behind[place] ?? 0;
      slices.push({ ...slice, index });
      readOf.set(index, read);
      if (BigInt(slice.last) > BigInt(after[index] ?? '0')) after[index] = slice.last;
    }
    for (const read of readOf.values()) left -= read;
    behind = behind.filter((index) => readOf.get(index) === part);
  }
  slices.sort((a, b) => a.index - b.index || a.minute.getTime() - b.minute.getTime() || a.epoch - b.epoch);
  const more = new Set(behind);
  return slices.map((slice) => ({ ...slice, more: more.has(slice.index) }));
}

/**
 * Of each at most so many outcomes. `final` is not asked for, which is so of all that has a number: so that no index of final outcomes looks as good to the
 * planner as that of the numbers.
 */
async function readSlices(
  connection: Queryable,
  asked: readonly OutcomesAsked[],
  atMost: number,
): Promise<PartOfSlice[]> {
  const { rows } = await connection.query<SliceRow>(
    `SELECT (a.place - 1)::integer AS place, s.*
       FROM ${ASKED}
      CROSS JOIN LATERAL (
        SELECT c.epoch::float8 AS epoch, c.minute,
               (count(*) FILTER (WHERE c.side = 'target' AND c.counts = 'kept'))::float8 AS "targetKept",
               (count(*) FILTER (WHERE c.side = 'target' AND c.counts = 'missed'))::float8 AS "targetMissed",
               (count(*) FILTER (WHERE c.side = 'legacy' AND c.counts = 'kept'))::float8 AS "legacyKept",
               (count(*) FILTER (WHERE c.side = 'legacy' AND c.counts = 'missed'))::float8 AS "legacyMissed",
               max(c.matured)::text AS last, max(c.countable) AS "newestAt", (sum(count(*)) OVER ())::float8 AS read
          FROM (
            SELECT o.epoch, o.from_side AS side, o.matured, date_trunc('minute', ${MATURITY}, 'UTC') AS minute,
                   greatest(o.finalized_at, ${MATURITY}) AS countable, ${COUNTS_AS} AS counts
              FROM handoff_occurrence o WHERE ${OF_GROUP} AND o.matured > a.after AND o.epoch >= a.from_epoch
             ORDER BY o.matured LIMIT $10::integer
          ) c
         GROUP BY c.epoch, c.minute
      ) s`,
    [...askedColumns(asked), atMost],
    PREPARED,
  );
  return rows.map(({ targetKept, targetMissed, legacyKept, legacyMissed, ...slice }) => ({
    ...slice,
    target: { kept: targetKept, missed: targetMissed },
    legacy: { kept: legacyKept, missed: legacyMissed },
  }));
}

/** `place` is that among those that were asked for now; `read`, how many outcomes were read for it in all. */
interface PartOfSlice extends Omit<OutcomeSlice, 'index' | 'more'> {
  place: number;
  read: number;
}

interface SliceRow extends Omit<PartOfSlice, 'target' | 'legacy'> {
  targetKept: number;
  targetMissed: number;
  legacyKept: number;
  legacyMissed: number;
}

/** One outcome of target. */
export interface TargetOutcome {
  /** Which of those asked for, by its place. */
  index: number;
  number: string;
  epoch: number;
  outcome: 'kept' | 'missed';
  /** When it could be counted. */
  at: Date;
}

/**
 * Outcomes of target one by one, in the order of their numbers, of each asked for at most `limit`: for rules about the first so many. Released
 * ones are left out.
 */
export async function readFirst(
  connection: Queryable,
  asked: readonly (OutcomesAsked & { limit: number })[],
): Promise<TargetOutcome[]> {
  if (asked.length === 0) return [];
  const { rows } = await connection.query<TargetOutcome & Record<string, unknown>>(
    `SELECT (a.place - 1)::integer AS index, f.number::text AS number, f.epoch, f.outcome, f.at
       FROM ${ASKED}
      CROSS JOIN LATERAL (
        SELECT o.matured AS number, o.epoch::float8 AS epoch, ${COUNTS_AS} AS outcome, greatest(o.finalized_at, ${MATURITY}) AS at
          FROM (SELECT * FROM handoff_occurrence o WHERE ${OF_GROUP} AND o.matured > a.after AND o.epoch >= a.from_epoch ORDER BY o.matured OFFSET 0) o
         WHERE o.from_side = 'target' AND o.outcome <> 'released' LIMIT ($10::integer[])[a.place]
      ) f
      ORDER BY a.place, f.number`,
    [...askedColumns(asked), asked.map(({ limit }) => limit)],
  );
  return rows;
}

/** Of each whether any has started on target since that epoch, open or not: 'too few' and 'none at all' are different verdicts. */
export async function whichStarted(connection: Queryable, asked: readonly OutcomeGroup[]): Promise<boolean[]> {
  if (asked.length === 0) return [];
  const { rows } = await connection.query<{ started: boolean }>(
    `SELECT EXISTS (SELECT FROM handoff_occurrence o WHERE ${OF_GROUP} AND o.epoch >= a.from_epoch AND o.from_side = 'target' OFFSET 0) AS started
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
              WITH ORDINALITY AS a (migration, phase, cohort, handoff, from_epoch, place)
      ORDER BY a.place`,
    groupColumns(asked),
  );
  return rows.map(({ started }) => started);
}

/**
 * How many runs of each handoff are open now, in all its cohorts and on both sides: started, and neither ended nor given up as missed. Goes through
 * all that is open in each of the migrations, once.
 */
export async function readOpen(
  connection: Queryable,
  asked: readonly { migration: string; handoff: string }[],
): Promise<number[]> {
  if (asked.length === 0) return [];
  const { rows } = await connection.query<{ migration: string; handoff: string; open: number }>(
    `SELECT m.migration, c.handoff, c.open
       FROM (SELECT migration, array_agg(handoff) AS handoffs FROM unnest($1::text[], $2::text[]) AS i (migration, handoff) GROUP BY migration) m
      CROSS JOIN LATERAL (
        SELECT o.handoff, count(*)::float8 AS open FROM handoff_occurrence o
         WHERE o.migration = m.migration AND o.outcome IS NULL AND o.handoff = ANY (m.handoffs) GROUP BY o.handoff
      ) c`,
    [asked.map(({ migration }) => migration), asked.map(({ handoff }) => handoff)],
  );
  const open = new Map(rows.map((row) => [`${row.migration} ${row.handoff}`, row.open]));
  return asked.map(({ migration, handoff }) => open.get(`${migration} ${handoff}`) ?? 0);
}

export function groupColumns(groups: readonly OutcomeGroup[]): unknown[][] {
  return [
    groups.map(({ migration }) => migration),
    groups.map(({ phase }) => phase),
    groups.map(({ cohort }) => cohort),
    groups.map(({ handoff }) => handoff),
    groups.map(({ fromEpoch }) => fromEpoch),
  ];
}

function askedColumns(asked: readonly OutcomesAsked[]): unknown[][] {
  return [
    ...groupColumns(asked),
    asked.map(({ after }) => after),
    asked.map(({ within }) => within ?? null),
    asked.map(({ condition }) => condition ?? null),
    asked.map(({ event }) => event ?? null),
  ];
}
