import { isAccountedFor, type DoctorCheck, type DoctorReport, type HandoffAccount } from '../domain/status/doctor';
import type { Queryable } from './database';
import type { MigrationPlan } from './migration-plans';
import { countReusedIds } from './reused-event-ids';
import { countGivenUp, countHeld } from './unlinked-events';

interface Counted {
  check: string;
  sql: string;
  right: string;
  wrong: string;
}

/** Each counts what is wrong of migration $1, whose handoffs $2 open no cases. */
const CHECKS: readonly Counted[] = [
  {
    check: 'missed-has-a-case',
    sql: `SELECT count(*) FROM handoff_occurrence o
           WHERE o.migration = $1 AND o.outcome = 'missed' AND o.final AND o.handoff <> ALL ($2::text[])
             AND (SELECT count(*) FROM exception x WHERE x.migration = $1 AND x.cause = 'handoff:' || o.id)
               + (SELECT count(*) FROM exception_cause c WHERE c.migration = $1 AND c.cause = 'handoff:' || o.id) <> 1`,
    right: 'Every missed handoff that opens cases has exactly one.',
    wrong:
      'Missed handoffs have no case, or two. Look for them in handoff_occurrence, and call engineering: this must never be (I6).',
  },
  {
    check: 'case-has-owner-and-clock',
    sql: `SELECT count(*) FROM exception x
           WHERE x.migration = $1 AND x.state = 'open' AND (x.owner = '' OR (x.opened_at < statement_timestamp() - interval '1 minute' AND NOT EXISTS (
             SELECT FROM exception_clock c
              WHERE c.exception = x.id AND (c.running OR x.clock_revision < x.revision)
                AND (c.next_at IS NULL OR c.next_at >= statement_timestamp() - interval '1 minute'))))`,
    right: 'Every open case has an owner and a clock that runs.',
    wrong:
      'Open cases have no owner, or their clocks are late by more than a minute. See that a worker runs, and what its log says of clocks; while the number falls they catch up, and more workers make it faster. Assign those of nobody. Where it stays, call engineering: that must never be (I8).',
  },
  {
    check: 'unlinked-events-have-a-case',
    sql: `SELECT count(*) FROM unlinked_event u
           WHERE u.migration = $1 AND u.outcome IS NULL AND u.type IS NOT NULL AND NOT EXISTS (
             SELECT FROM exception x LEFT JOIN exception i ON i.id = x.merged_into
              WHERE x.migration = u.migration AND x.cause = u.cause AND (x.state IN ('open', 'accepted') OR i.state IN ('open', 'accepted')))`,
    right: 'Every event that is held, since nobody knows whose it is, is in a case that somebody works on.',
    wrong:
      "Events are held of which nobody knows whose they are, and no open case is about them. Declare the queue 'unlinked-event' where the plan lacks it; reopen cases that were resolved before anything was linked.",
  },
  {
    check: 'events-are-matched',
    sql: `SELECT coalesce(sum(j.events - j.matched), 0) FROM journey j
           WHERE j.due_at <= statement_timestamp() - interval '1 minute' AND j.migration = $1 AND j.events > j.matched`,
    right: 'No event has waited for a matcher for more than a minute.',
    wrong: 'Events wait for a matcher. See that a worker runs, and what its log says of journeys.',
  },
  {
    check: 'journeys-are-looked-at',
    sql: `SELECT (SELECT count(*) FROM journey j WHERE j.due_at <= statement_timestamp() - interval '1 minute' AND j.migration = $1)
               + (SELECT count(*) FROM correlation c WHERE c.due_at <= statement_timestamp() - interval '1 minute' AND c.migration = $1)`,
    right: 'No journey is overdue for a look.',
    wrong: 'Deadlines pass and nobody looks. See that a worker runs; start more where the backlog grows.',
  },
  {
    check: 'ends-have-starts',
    sql: `SELECT coalesce(sum(u.count), 0) FROM handoff_unmatched u WHERE u.migration = $1`,
    right: 'Every end ended something.',
    wrong:
      'Ends came that ended nothing. Ask whoever sends the starts whether they are lost, or the ends are sent twice.',
  },
  {
    check: 'held-has-a-case',
    sql: `SELECT count(*) FROM unlinked_event u
           WHERE u.migration = $1 AND u.outcome IS NULL AND u.cause IS NOT NULL
             AND NOT EXISTS (SELECT FROM exception x WHERE x.migration = $1 AND x.cause = u.cause AND x.state = 'open')`,
    right: "Every event of a vendor's that is held in a case is held in an open one.",
    wrong:
      "Events of vendors are held in cases that ended, so nobody looks after them. 'handoff crosswalk held' lists them with their cases: reopen these.",
  },
  {
    check: 'partitions-are-there',
    sql: `SELECT count(*) FROM generate_series(0, 1) n
           WHERE to_regclass('event_' || to_char((clock_timestamp() AT TIME ZONE 'UTC') + n * interval '1 month', 'YYYY_MM')) IS NULL`,
    right: 'The partitions for events of this month and the next are there.',
    wrong:
      'Partitions for events are missing: they go to event_default meanwhile. See that a worker runs, and what its log says of months.',
  },
];

/**
 * Whether all that was received of a migration is accounted for, line by line. Reads what is open by its indexes; of the handoffs it reads those of this migration,
 * in about a second a million.
 */
export async function readDoctor(connection: Queryable, { id, plan }: MigrationPlan): Promise<DoctorReport> {
  const accounts = await readAccounts(
    connection,
    id,
    new Map(plan.handoffs.map(({ id: handoff, start }) => [handoff, start])),
  );
  const unaccounted = accounts.filter((account) => !isAccountedFor(account)).length;
  const checks: DoctorCheck[] = [
    toCheck('starts-are-accounted-for', unaccounted, {
      right: 'Of every handoff, the starts are as many as kept, missed, released, open and refused.',
      wrong:
        'Starts of handoffs are not accounted for. Keep the database as it is, and call engineering: this must never be (I6).',
    }),
  ];
  const withoutCases = plan.handoffs.filter(({ cases }) => cases === 'none').map(({ id: handoff }) => handoff);
  for (const { check, sql, ...say } of CHECKS) {
    const { rows } = await connection.query<{ found: number }>(
      `SELECT (${sql})::float8 AS found`,
      sql.includes('$2') ? [id, withoutCases] : sql.includes('$1') ? [id] : [],
    );
    checks.push(toCheck(check, rows[0]?.found ?? 0, say));
  }
  const reusedIds = await countReusedIds(connection, id);
  checks.push(
    toCheck(
      'ids-are-used-once',
      reusedIds.reduce((sum, { ids }) => sum + ids, 0),
      {
        right: 'No source gave one id to two different events.',
        wrong:
          'Sources gave one id to two different events; the later ones were refused and are kept in event_id_reused. Have the sources mended, then the events sent under ids of their own.',
      },
    ),
  );
  const held = (await countHeld(connection, id)).reduce((sum, { events }) => sum + events, 0);
  const vendorEvents = { held, givenUp: await countGivenUp(connection, id) };
  return { migration: id, handoffs: accounts, checks, vendorEvents, reusedIds };
}

function toCheck(check: string, found: number, say: { right: string; wrong: string }): DoctorCheck {
  return { check, ok: found === 0, found, say: found === 0 ? say.right : say.wrong };
}

async function readAccounts(
  connection: Queryable,
  migration: string,
  starts: ReadonlyMap<string, string>,
): Promise<HandoffAccount[]> {
  const { rows } = await connection.query<HandoffAccount>(
    `SELECT handoff, sum(runs)::float8 AS eligible, sum(kept)::float8 AS kept, sum(missed)::float8 AS missed, sum(released)::float8 AS released,
            sum(open)::float8 AS open, 0 AS refused
       FROM (SELECT handoff, greatest(max(ordinal) + 1, 0) + count(*) FILTER (WHERE ordinal < 0) AS runs,
                    count(*) FILTER (WHERE outcome = 'kept') AS kept, count(*) FILTER (WHERE outcome = 'missed') AS missed,
                    count(*) FILTER (WHERE outcome = 'released') AS released, count(*) FILTER (WHERE outcome IS NULL) AS open
               FROM handoff_occurrence WHERE migration = $1 GROUP BY handoff, journey) j
      GROUP BY handoff ORDER BY handoff`,
    [migration],
  );
  const refused = await connection.query<{ type: string; ids: number }>(
    'SELECT type, count(*)::float8 AS ids FROM event_id_reused WHERE migration = $1 GROUP BY type',
    [migration],
  );
  const byType = new Map(refused.rows.map(({ type, ids }) => [type, ids]));
  return rows.map((row) => {
    const of = byType.get(starts.get(row.handoff) ?? '') ?? 0;
    return { ...row, eligible: row.eligible + of, refused: of };
  });
}
