import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { closeUnits, type UnitToClose } from '../../../store/close-units';
import type { Database, Queryable } from '../../../store/database';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';

/** Whatever Postgres knows of the table, and takes from that to be the best way through it. */
let database: TestDatabase;
let db: Database;
let migration: string;

beforeEach(async () => {
  database = await createTestDatabase();
  db = database.db;
  migration = `closing-${randomUUID()}`;
});
afterEach(() => database.drop());

function unit(number: number): string {
  return `sub_${number.toString(16).padStart(16, '0')}`;
}

/** Placements in the order of their numbers, those of the highest the oldest. */
async function place(numbers: { from: number; to: number; closed?: boolean }): Promise<void> {
  await db.query(
    `INSERT INTO placement (migration, phase, unit, side, epoch, placed_at, closed_at)
     SELECT $1, 'payment', 'sub_' || lpad(to_hex(n), 16, '0'), 'legacy', 1, now() - n * interval '1 second', CASE WHEN $4 THEN now() END
       FROM generate_series($2::integer, $3::integer) n ORDER BY n DESC`,
    [migration, numbers.from, numbers.to, numbers.closed ?? false],
  );
}

const closing = (number: number): UnitToClose => ({
  ...{ migration, phase: 'payment', kind: 'subscription', unit: unit(number) },
  ...{ journey: `ep_${number}`, closedBy: ['review.assigned'] },
});

async function hold(connection: Queryable, number: number): Promise<void> {
  await connection.query(
    `SELECT FROM placement WHERE migration = $1 AND phase = 'payment' AND unit = $2 FOR NO KEY UPDATE`,
    [migration, unit(number)],
  );
}

async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const { rowCount } = await db.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if ((rowCount ?? 0) > 0) return;
    await delay(20);
  }
}

describe('closing units', () => {
  it.each([
    ['never looked at by the planner', async () => place({ from: 1, to: 40 })],
    [
      'of which few were open when the planner looked',
      async () => {
        await place({ from: 1_000, to: 1_500, closed: true });
        await place({ from: 1, to: 40 });
        await db.query('VACUUM ANALYZE placement');
      },
    ],
  ])('takes their rows by unit, as others who take several do, in a table %s', async (_, fill) => {
    await fill();
    const closed = await db.transaction(async (connection) => {
      await hold(connection, 1);
      const all = Array.from({ length: 40 }, (_unit, at) => closing(40 - at));
      const done = db.transaction((other) => closeUnits(other, all), { byIndex: true });
      await untilSomebodyWaits();
      // Whoever closes has taken no later one before the first.
      await hold(connection, 2);
      return { done };
    });
    expect(await closed.done).toBe(40);
  });

  it('asks nothing of all that are open for one that has no placement', async () => {
    await db.query('ALTER TABLE placement SET (autovacuum_enabled = off)');
    await place({ from: 10_000, to: 40_000, closed: true });
    await db.query('VACUUM ANALYZE placement');
    await place({ from: 1, to: 3_000 });
    const named = Array.from({ length: 100 }, (_, at) => ({
      ...closing(at),
      ...{ unit: undefined, names: `log_${at.toString(16).padStart(16, '0')}` },
    }));
    // A statement that looks at each of them is cut off before it ends.
    expect(await db.transaction((connection) => closeUnits(connection, named), { byIndex: true })).toBe(0);
  });
});
