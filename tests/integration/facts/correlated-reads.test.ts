import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../platform/system-clock';
import type { Database, Queryable } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { countOutcomes } from '../../../store/handoffs';
import { MigrationPlans } from '../../../store/migration-plans';
import { reconcileCorrelations } from '../../../store/reconcile-correlations';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { CORRELATED_PLAN, happened, key } from './correlated-stack';
import { startMigrationOf } from './facts-plan';
import { sweepAllDue } from './sweep-all-due';

/** Of other types, half of them of the journey in question. */
const OTHERS = 100_000;
/** What two starts and one end are looked up by, many times over. */
const FEW = 500;

let database: TestDatabase;
let db: Database;
let migration: string;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
  migration = `facts-${randomUUID()}`;
  await startMigrationOf(db, migration, 1, CORRELATED_PLAN);
  await storeOthers();
});
afterAll(async () => {
  await database.drop();
});

/** As they would lie there, done with: one half of patient 1's episode 1, the other half of a hundred episodes more. */
async function storeOthers(): Promise<void> {
  await db.query(
    `WITH others AS MATERIALIZED (
       SELECT n, CASE WHEN n % 2 = 0 THEN $2 ELSE 'ep_' || lpad(to_hex(1000 + n % 200), 16, '0') END AS journey FROM generate_series(1, $4::int) n
     ), journeys AS (
       INSERT INTO journey (migration, id, subject, first_at, last_at, events, matched)
       SELECT $1, journey, $3, now(), now(), count(*), count(*) FROM others GROUP BY journey
     )
     INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at, disposition)
     SELECT $1, '/legacy/billing', 'other-' || n, 'payment.retried', journey, $3, jsonb_build_object('patient', $3::text, 'episode', journey, 'subscription', $5::text),
            now() - interval '1 minute', 0, now() - interval '1 minute', '{}', now(), 'unlistened' FROM others`,
    [migration, key('ep', 1), key('pat', 1), OTHERS, key('sub', 1)],
  );
  await db.query('ANALYZE event, journey, journey_unit');
}

interface Node {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Relation Name'?: string;
  Plans?: Node[];
}

/** Rows that were looked at in tables, whether they were any use or not. */
function rowsLookedAt(node: Node): number {
  const {
    'Actual Rows': found,
    'Rows Removed by Filter': useless = 0,
    'Rows Removed by Index Recheck': lossy = 0,
  } = node;
  const own = node['Relation Name'] === undefined ? 0 : (found + useless + lossy) * node['Actual Loops'];
  return own + (node.Plans ?? []).reduce((sum, each) => sum + rowsLookedAt(each), 0);
}

/** Asks Postgres of each statement that reads what it reads, before it is carried out. */
function explaining(connection: Queryable, read: { sql: string; rows: number }[]): Queryable {
  return {
    query: async (sql, values, how) => {
      if (/^\s*(SELECT|WITH)/.test(sql) && !/INSERT|UPDATE|DELETE/.test(sql)) {
        const { rows } = await connection.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
          `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
          values,
        );
        for (const row of rows) read.push({ sql, rows: rowsLookedAt(row['QUERY PLAN'][0].Plan) });
      }
      return connection.query(sql, values, how);
    },
  };
}

it.each([
  ['patient', key('pat', 1), { handoff: 'stop-to-suppressed', start: 'stop.received', end: 'sender.suppressed' }],
  ['episode', key('ep', 1), { handoff: 'shipped-to-tracking', start: 'order.shipped', end: 'tracking.visible' }],
  ['subscription', key('sub', 1), { handoff: 'renewal-to-settled', start: 'renewal.due', end: 'renewal.settled' }],
] as const)(
  'a handoff that counts by %s reads its own events alone, of somebody of whom a hundred thousand others are there',
  async (kind, of, { handoff, start, end }) => {
    const time = Date.now() - 30_000;
    const named = { patient: 1, episode: 1, order: 1, ...(kind === 'subscription' && { subscription: 1 }) };
    const fields = kind === 'episode' ? named : { ...named, order: undefined };
    await storeEvents(db, [
      happened(migration, { ...fields, type: start, time, id: randomUUID() }),
      happened(migration, { ...fields, type: end, time: time + 1_000, id: randomUUID() }),
    ]);
    const read: { sql: string; rows: number }[] = [];
    const plans = new MigrationPlans(systemClock);
    await db.transaction(
      (connection) => reconcileCorrelations(explaining(connection, read), plans, [{ migration, kind, key: of }]),
      { byIndex: true },
    );
    expect(read.filter(({ sql }) => sql.includes('FROM event w'))).not.toEqual([]);
    expect(read.filter(({ rows }) => rows > FEW)).toEqual([]);
    const outcomes = await countOutcomes(db, migration);
    expect(outcomes.find((one) => one.handoff === handoff)?.bySide.unplaced).toMatchObject({ kept: 1 });
  },
);

it('a start that does not name its unit counts for the one that its journey names, which several events may do', async () => {
  const time = Date.now() - 30_000;
  const patient = 7;
  const about = (episode: number, more: object): Parameters<typeof happened>[1] => ({
    ...{ patient, episode, type: 'payment.retried', time, id: randomUUID() },
    ...more,
  });
  await db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at)
     SELECT $1, 'payment', u.unit, 'everyone', u.side, 1, now() - interval '1 hour' FROM unnest($2::text[], $3::text[]) AS u (unit, side)`,
    [migration, [key('sub', 70), key('sub', 71), key('sub', 72)], ['target', 'legacy', 'target']],
  );
  await storeEvents(db, [
    // One names the episode's subscription, later than the start.
    happened(migration, about(70, { subscription: 70, time: time + 5_000 })),
    happened(migration, about(70, { type: 'stop.received' })),
    // Two of another: the nearest before the start counts.
    happened(migration, about(71, { subscription: 72, time: time + 1_000 })),
    happened(migration, about(71, { subscription: 71, time: time + 2_000 })),
    happened(migration, about(71, { type: 'order.shipped', order: 7, time: time + 3_000 })),
  ]);
  await sweepAllDue(db);
  const { rows } = await db.query(
    `SELECT handoff, from_side AS side FROM handoff_occurrence WHERE migration = $1 AND subject = $2 ORDER BY handoff`,
    [migration, key('pat', patient)],
  );
  expect(rows).toEqual([
    { handoff: 'shipped-to-tracking', side: 'legacy' },
    { handoff: 'stop-to-suppressed', side: 'target' },
  ]);
});
