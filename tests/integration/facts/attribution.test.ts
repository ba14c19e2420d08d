import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { ROUTING, startMigrationOf } from './facts-plan';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys } from './test-stack';

const MINUTE = 60_000;
let database: TestDatabase;
let db: Database;
let migration: string;
/** When the handoff started. */
let startedAt: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  startedAt = Date.now() - 30_000;
  await startMigrationOf(db, migration);
  // Raised ten minutes before the handoff started, lowered a second after.
  await changeSplit(1, startedAt - 60 * MINUTE);
  await changeSplit(2, startedAt - 10 * MINUTE);
  await changeSplit(3, startedAt + 1_000);
});

async function changeSplit(epoch: number, at: number, cohort = 'everyone'): Promise<void> {
  await db.query(
    `INSERT INTO split_change (migration, phase, cohort, epoch, share, mode, cause, changed_at)
     VALUES ($1, 'payment', $2, $3, 10000, 'open', 'raised', $4)`,
    [migration, cohort, epoch, new Date(at)],
  );
}

async function place(row: {
  side: 'legacy' | 'target';
  at: number;
  epoch?: number;
  cohort?: string | null;
  movedAt?: number;
}): Promise<void> {
  const { side, at, epoch = 2, cohort = 'everyone', movedAt } = row;
  await db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at, moved_from, moved_at, moved_because)
     VALUES ($1, 'payment', $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      migration,
      keys.subscription(1),
      cohort,
      side,
      epoch,
      new Date(at),
      movedAt === undefined ? null : 'target',
      movedAt === undefined ? null : new Date(movedAt),
      movedAt === undefined ? null : 'bringBack',
    ],
  );
}

async function attribution(more: object = {}): Promise<unknown> {
  await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded', time: startedAt, ...more })]);
  await sweepAllDue(db);
  const { rows } = await db.query(
    `SELECT from_side AS side, cohort, epoch::int AS epoch FROM handoff_occurrence WHERE migration = $1 AND handoff = $2`,
    [migration, ROUTING],
  );
  return rows[0];
}

const nobody = { side: null, cohort: null, epoch: null };

describe('which side an outcome counts for', () => {
  it.each(['legacy', 'target'] as const)(
    "is where its unit was placed (%s), by the split's epoch when it started",
    async (side) => {
      await place({ side, at: startedAt - MINUTE });
      expect(await attribution()).toEqual({ side, cohort: 'everyone', epoch: 2 });
    },
  );

  it('is neither for a unit that nobody had placed when it started', async () => {
    expect(await attribution()).toEqual(nobody);
  });

  it('is neither for a unit that was placed long after it started', async () => {
    await place({ side: 'target', at: startedAt + MINUTE });
    expect(await attribution()).toEqual(nobody);
  });

  it('is where its unit was placed by a stack whose clock is a little behind ours, under the epoch it was placed under', async () => {
    await place({ side: 'target', at: startedAt + 2_000, epoch: 3 });
    expect(await attribution()).toEqual({ side: 'target', cohort: 'everyone', epoch: 3 });
  });

  it('stays where its unit was when it started, though the unit was brought back since', async () => {
    await place({ side: 'legacy', at: startedAt - MINUTE, movedAt: startedAt + 5_000 });
    expect(await attribution()).toEqual({ side: 'target', cohort: 'everyone', epoch: 2 });
  });

  it('is where its unit was brought back to, where it started after that', async () => {
    await place({ side: 'legacy', at: startedAt - MINUTE, epoch: 1, movedAt: startedAt - 5_000 });
    expect(await attribution()).toEqual({ side: 'legacy', cohort: 'everyone', epoch: 2 });
  });

  it('is legacy, of no cohort, for a unit that no cohort takes', async () => {
    await place({ side: 'legacy', at: startedAt - MINUTE, cohort: null });
    expect(await attribution()).toEqual({ side: 'legacy', cohort: null, epoch: 2 });
  });

  it('takes the epoch of its own cohort alone', async () => {
    await changeSplit(7, startedAt - MINUTE, 'another');
    await place({ side: 'target', at: startedAt - MINUTE });
    expect(await attribution()).toEqual({ side: 'target', cohort: 'everyone', epoch: 2 });
  });

  it("finds the unit by another event of the journey where the start's producer does not know it", async () => {
    await place({ side: 'target', at: startedAt - MINUTE });
    const told = eventToStore(migration, { patient: 1, type: 'payment.retried', time: startedAt - 5_000 });
    await storeEvents(db, [told]);
    expect(await attribution({ withoutSubscription: true })).toEqual({ side: 'target', cohort: 'everyone', epoch: 2 });
  });

  it('is neither where no event of the journey knows the unit', async () => {
    await place({ side: 'target', at: startedAt - MINUTE });
    expect(await attribution({ withoutSubscription: true })).toEqual(nobody);
  });
});
