import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { systemClock } from '../../../platform/system-clock';
import { closeUnitsByTime } from '../../../store/close-by-time';
import type { Database } from '../../../store/database';
import { MigrationPlans } from '../../../store/migration-plans';
import { createMigration } from '../../../store/migration-records';
import { inFlightOnTarget } from '../../../store/placements';
import { savePlan } from '../../../store/plans';
import { loadPlan } from '../../../domain/plan/load-plan';
import { startSweeper } from '../../../worker/sweeper';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { FACTS_PLAN } from './facts-plan';
import { letTimePass } from './let-time-pass';

const DAY = 86_400_000;
/** The same phase, of episodes: closed by time after ten days. */
const CLOSING = FACTS_PLAN.replace('    unit: subscription\n', '    unit: episode\n    closeAfter: 10d\n');

let database: TestDatabase;
let db: Database;
let migration: string;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
});
afterAll(() => database.drop());
beforeEach(() => {
  migration = `closing-${randomUUID()}`;
});
afterEach(async () => {
  await db.query(`UPDATE migration SET state = 'ended', ended_at = clock_timestamp()`);
});

async function start(planText = CLOSING, timeScale = 1): Promise<void> {
  const { plan, hash } = loadPlan(planText);
  await savePlan(db, { hash, plan, source: planText });
  await createMigration(db, { id: migration, planHash: hash, salt: migration, timeScale, startedBy: 'starter' });
}

/** Units of the phase on target, and one on legacy, placed just now. */
async function arrive(count: number): Promise<void> {
  await db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
     SELECT $1, 'payment', 'ep_' || gen_random_uuid(), 'everyone', CASE WHEN n = 1 THEN 'legacy' ELSE 'target' END, 1
       FROM generate_series(1, $2::int) n`,
    [migration, count],
  );
}

function sweep(limit = 100): ReturnType<typeof closeUnitsByTime> {
  return closeUnitsByTime(db, new MigrationPlans(systemClock), limit);
}

async function counts(): Promise<{ open: number; audited: number[] }> {
  const { rows } = await db.query<{ open: number }>(
    'SELECT count(*)::int AS open FROM placement WHERE migration = $1 AND closed_at IS NULL',
    [migration],
  );
  const { rows: audit } = await db.query<{ closed: number }>(
    `SELECT (evidence ->> 'closed')::int AS closed FROM audit WHERE migration = $1 AND action = 'placement.closedByTime' ORDER BY id`,
    [migration],
  );
  return { open: rows[0]?.open ?? 0, audited: audit.map(({ closed }) => closed) };
}

describe('a unit whose closing event never comes', () => {
  it('is closed when the time is over that its phase gives, and not before; how many is in the audit log', async () => {
    await start();
    await arrive(3);
    await letTimePass(db, migration, 6 * DAY);
    await arrive(2);
    expect(await sweep()).toEqual({ closed: 0, more: false });
    await letTimePass(db, migration, 4 * DAY);
    expect(await sweep()).toEqual({ closed: 3, more: false });
    expect(await sweep()).toEqual({ closed: 0, more: false });
    expect(await counts()).toEqual({ open: 2, audited: [3] });
    const everyone = { migration, phase: 'payment', cohort: 'everyone', unitKind: 'episode' as const, milestones: [] };
    expect(await inFlightOnTarget(db, everyone)).toMatchObject([{ people: 1 }]);
  });

  it('is open for ever in a phase that gives none, and once its migration has ended', async () => {
    await start(FACTS_PLAN);
    await arrive(3);
    await letTimePass(db, migration, 400 * DAY);
    expect((await sweep()).closed).toBe(0);
    migration = `closing-${randomUUID()}`;
    await start();
    await arrive(3);
    await letTimePass(db, migration, 400 * DAY);
    await db.query(`UPDATE migration SET state = 'ended', ended_at = clock_timestamp() WHERE id = $1`, [migration]);
    expect((await sweep()).closed).toBe(0);
  });

  it('keeps its side, and waits for its person where it waits for one', async () => {
    await start();
    await arrive(3);
    await db.query(
      `UPDATE placement SET paused_at = clock_timestamp() WHERE migration = $1 AND unit =
         (SELECT min(unit) FROM placement WHERE migration = $1 AND side = 'target')`,
      [migration],
    );
    await letTimePass(db, migration, 11 * DAY);
    expect((await sweep()).closed).toBe(2);
    const { rows } = await db.query(
      `SELECT side, closed_at IS NULL AS open, paused_at IS NOT NULL AS waits FROM placement WHERE migration = $1 ORDER BY side, open`,
      [migration],
    );
    expect(rows).toEqual([
      { side: 'legacy', open: false, waits: false },
      { side: 'target', open: false, waits: false },
      { side: 'target', open: true, waits: true },
    ]);
  });

  it('is closed once, batch by batch, by however many sweepers', async () => {
    await start();
    await arrive(45);
    await letTimePass(db, migration, 11 * DAY);
    expect(await sweep(10)).toEqual({ closed: 10, more: true });
    const rest = await Promise.all([sweep(20), sweep(20), sweep(20)]);
    expect(rest.reduce((sum, { closed }) => sum + closed, 0)).toBe(35);
    expect((await counts()).audited.reduce((sum, closed) => sum + closed, 0)).toBe(45);
  });

  it('is closed by a running worker, on compressed time', async () => {
    // Ten days in a little less than two seconds.
    await start(CLOSING, 500_000);
    await arrive(3);
    const sweeper = startSweeper({ db, logger: pino({ level: 'silent' }), tick: 20 });
    await until('they are closed', async () => (await counts()).open === 0);
    await sweeper.stop();
    expect((await counts()).audited.reduce((sum, closed) => sum + closed, 0)).toBe(3);
  });

  it('costs what is due: neither those who are closed nor those who are young are looked at', async () => {
    await start();
    await arrive(5_000);
    await letTimePass(db, migration, 30 * DAY);
    await db.query('UPDATE placement SET closed_at = clock_timestamp() WHERE migration = $1', [migration]);
    await arrive(5_000);
    await letTimePass(db, migration, 5 * DAY);
    await arrive(10);
    await db.query('VACUUM ANALYZE placement');
    const { rows } = await db.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON)
       SELECT p.unit FROM placement p
        WHERE p.migration = $1 AND p.phase = 'payment' AND p.closed_at IS NULL AND p.paused_at IS NULL
          AND p.placed_at <= statement_timestamp() - interval '10 days'
        ORDER BY p.placed_at LIMIT 500 FOR NO KEY UPDATE OF p SKIP LOCKED`,
      [migration],
    );
    const scan = leaf(rows[0]?.['QUERY PLAN'][0].Plan);
    expect(scan?.['Index Name']).toBe('placement_open_by_time');
    expect(scan?.['Rows Removed by Filter'] ?? 0).toBe(0);
  });
});

interface Node {
  'Index Name'?: string;
  'Rows Removed by Filter'?: number;
  Plans?: Node[];
}

function leaf(node: Node | undefined): Node | undefined {
  return node?.Plans?.[0] === undefined ? node : leaf(node.Plans[0]);
}
