import { readAssignedSides, type AssignedSides } from '../../../store/assigned-sides';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { PAYMENT, startMigration } from '../sides/started-migration';

let database: TestDatabase;
let started = 0;
let migration: string;
let changedAt: Date;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = await startMigration(database.db, { id: `assigned-${(started += 1)}` });
  changedAt = new Date(Date.now() - 3_600_000);
});

const look = async (after: string | null = null): Promise<AssignedSides> => {
  const [found] = await readAssignedSides(database.db, [{ migration, ...PAYMENT, epoch: 2, changedAt, after }]);
  if (found === undefined) throw new Error('There is one for each.');
  return found;
};

/** So many that arrived so long ago. */
async function arrived(name: string, side: string, count: number, agoMs: number, epoch = 2): Promise<void> {
  await database.db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at)
     SELECT $1, $2, $3 || n, $4, $5, $6, clock_timestamp() - $7 * interval '1 millisecond' FROM generate_series(1, $8) AS n`,
    [migration, PAYMENT.phase, name, PAYMENT.cohort, side, epoch, agoMs, count],
  );
}

it('gives who arrived under an epoch by side, each once', async () => {
  await arrived('before', 'target', 3, 600_000, 1);
  await arrived('a', 'target', 2, 600_000);
  await arrived('b', 'legacy', 18, 600_000);
  const first = await look();
  expect(first).toMatchObject({ target: 2, legacy: 18 });
  expect(await look(first.until)).toMatchObject({ target: 0, legacy: 0 });
});

it('hides no arrival behind one whose side was given by name meanwhile', async () => {
  await arrived('a', 'target', 10, 600_000);
  const first = await look();
  await database.db.query(
    `UPDATE placement SET side = 'legacy', cohort = NULL, epoch = 0, moved_from = 'target', moved_because = 'override' WHERE migration = $1`,
    [migration],
  );
  await database.db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at)
     SELECT $1, $2, 'later' || n, $3, 'target', 2, $4::timestamptz + interval '1 microsecond' FROM generate_series(1, 4) AS n`,
    [migration, PAYMENT.phase, PAYMENT.cohort, first.until],
  );
  expect(await look(first.until)).toMatchObject({ target: 4, legacy: 0 });
});

it('leaves those for the next look whose placing may still be under way', async () => {
  await arrived('a', 'target', 5, 0);
  const first = await look();
  expect(first).toMatchObject({ target: 0, legacy: 0 });
  await database.db.query(
    `UPDATE placement SET placed_at = $2::timestamptz - interval '1 millisecond' WHERE migration = $1`,
    [migration, first.until],
  );
  expect(await look()).toMatchObject({ target: 5, legacy: 0 });
});
