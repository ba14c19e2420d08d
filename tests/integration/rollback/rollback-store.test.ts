import type { RollbackAction } from '../../../domain/rollback/rollback-action';
import type { UnitKeys } from '../../../domain/sides/units';
import { databaseNow } from '../../../store/database-clock';
import { storeEvents } from '../../../store/events';
import { placeUnit } from '../sides/place-unit';
import { markRollbackActionDone, rollbackActionsOf, saveRollbackActions } from '../../../store/rollback-actions';
import { countEventsOnTarget } from '../../../store/rollback-facts';
import { changeSplit, createSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { episodes, PAYMENT, startMigration } from '../sides/started-migration';

let database: TestDatabase;
let key: { migration: string; phase: string; cohort: string };
let started = 0;
let sent = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  key = { migration: await startMigration(database.db, { id: `rolled-${(started += 1)}` }), ...PAYMENT };
});

describe('what a rollback cannot undo', () => {
  const [charged = '', journeyOnly = '', earlier = '', movedBack = '', onLegacy = ''] = episodes(5);

  beforeEach(async () => {
    const lease = 60_000;
    await createSplit(database.db, { ...key, lease });
    const raise = { expectedEpoch: 1, share: 100_000, perDay: null, mode: 'open', lease, cause: 'raised' } as const;
    await changeSplit(database.db, { ...key, ...raise });
    for (const unit of [charged, journeyOnly, earlier, movedBack, onLegacy])
      await placeUnit(database.db, { ...key, unit });
  });

  /** `after`: milliseconds from now, by the database's clock. */
  async function paid(journey: string, units: UnitKeys, after = 0): Promise<void> {
    const { db } = database;
    const id = `paid-${(sent += 1)}`;
    const { migration } = key;
    await storeEvents(db, [
      {
        ...{ migration, type: 'payment.succeeded', journey, subject: 'pat_1', source: '/target/billing', id, units },
        ...{ time: (await databaseNow(db)).getTime() + after, sequence: 0, data: {} },
        ...{ contentHash: id, lateness: 60_000 },
      },
    ]);
  }

  async function count(): Promise<Record<string, number>> {
    const types = ['payment.succeeded', 'next-step.sent'];
    return countEventsOnTarget(database.db, { ...key, unitKind: 'episode', types });
  }

  it('counts a charge once a journey, also where its event names the journey alone', async () => {
    await paid('journey-1', { episode: charged }, 50);
    await paid('journey-1', { episode: charged }, 60);
    await paid('journey-2', { episode: journeyOnly }, 50);
    expect(await count()).toEqual({ 'payment.succeeded': 2 });
    await database.db.query(
      `UPDATE event SET type = 'checkout.started' WHERE migration = $1 AND journey = 'journey-2'`,
      [key.migration],
    );
    expect(await count()).toEqual({ 'payment.succeeded': 1 });
    await paid('journey-2', {}, 70);
    expect(await count()).toEqual({ 'payment.succeeded': 2 });
  });

  it('leaves out what happened before the person came to target, after they went back, and on legacy', async () => {
    await paid('journey-3', { episode: earlier }, -3_600_000);
    await paid('journey-4', { episode: movedBack }, 60_000);
    await paid('journey-5', { episode: onLegacy }, 50);
    await database.db.query(
      `UPDATE placement SET side = 'legacy', moved_from = CASE WHEN unit = $2 THEN 'target' END,
              moved_at = CASE WHEN unit = $2 THEN clock_timestamp() + interval '30 s' END
        WHERE migration = $1 AND unit IN ($2, $3)`,
      [key.migration, movedBack, onLegacy],
    );
    expect(await count()).toEqual({});
    await paid('journey-4', { episode: movedBack }, 10_000);
    expect(await count()).toEqual({ 'payment.succeeded': 1 });
  });
});

describe('I12 the list of a rollback', () => {
  const lower: RollbackAction = { kind: 'lowerSplit', cohort: PAYMENT.cohort, from: 10_000, to: 0 };
  const stay: RollbackAction = { kind: 'leaveToFinish', cohort: PAYMENT.cohort, milestone: null, people: 1 };
  const reopen: RollbackAction = { kind: 'reopenSplit', cohort: PAYMENT.cohort };

  it('stays as it was first written, whole, also where planning again finds more to do', async () => {
    const of = { ...key, rollback: 'one' };
    expect(await saveRollbackActions(database.db, of, [lower, reopen])).toEqual([lower, reopen]);
    await markRollbackActionDone(database.db, of, 0, {});
    expect(await saveRollbackActions(database.db, of, [lower, stay, reopen])).toEqual([lower, reopen]);
    expect((await rollbackActionsOf(database.db, of)).map(({ done }) => done)).toEqual([true, false]);
    expect(await saveRollbackActions(database.db, { ...key, rollback: 'two' }, [lower])).toEqual([lower]);
  });

  it('is one list where two plan at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const of = { ...key, rollback: `race-${round}` };
      const lists = [[lower, reopen], [lower, stay, reopen], [lower]];
      const given = await Promise.all(lists.map((list) => saveRollbackActions(database.db, of, list)));
      expect(lists).toContainEqual(given[0]);
      for (const list of given) expect(list).toEqual(given[0]);
    }
  });
});
