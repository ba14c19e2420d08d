import { loadPlan } from '../../../domain/plan/load-plan';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { countOutcomes } from '../../../store/handoffs';
import { adoptPlanVersion } from '../../../store/plan-versions';
import { savePlan } from '../../../store/plans';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { FACTS_PLAN, startMigrationOf } from './facts-plan';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore } from './test-stack';

const ADDED = 'retry-to-provider-routing';
const WITH_ONE_MORE = FACTS_PLAN.replace(
  'phases:\n',
  `  - { id: ${ADDED}, phase: payment, start: payment.retried, end: review.assigned, within: 10m, severity: access, queue: payment-not-routed }\nphases:\n`,
);

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
});
afterAll(() => database.drop());

async function outcomesOf(migration: string): Promise<{ open: number; kept: number; missed: number } | undefined> {
  return (await countOutcomes(db, migration)).find(({ handoff }) => handoff === ADDED)?.bySide.unplaced;
}

describe('a handoff that a later version of the plan adds (R36)', () => {
  it('counts from when that is in force: nobody is missed by what was not declared', async () => {
    const migration = 'added';
    await startMigrationOf(db, migration);
    const hourAgo = Date.now() - 3_600_000;
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.retried', time: hourAgo })]);
    await sweepAllDue(db);

    const { plan, hash: to } = loadPlan(WITH_ONE_MORE);
    await savePlan(db, { hash: to, plan, source: WITH_ONE_MORE });
    const { hash: from } = loadPlan(FACTS_PLAN);
    const people = { proposedBy: 'one', approvedBy: 'two' };
    await db.transaction((connection) => adoptPlanVersion(connection, { migration, from, to, number: 2, ...people }));

    // The journey of before is looked at again, and another begins.
    await storeEvents(db, [
      eventToStore(migration, { patient: 1, type: 'payment.refunded' }),
      eventToStore(migration, { patient: 2, type: 'payment.retried' }),
    ]);
    await sweepAllDue(db);
    expect(await outcomesOf(migration)).toMatchObject({ open: 1, kept: 0, missed: 0 });
    await storeEvents(db, [eventToStore(migration, { patient: 2, type: 'review.assigned' })]);
    await sweepAllDue(db);
    expect(await outcomesOf(migration)).toMatchObject({ open: 0, kept: 1, missed: 0 });
    const { rows } = await db.query(`SELECT FROM exception WHERE migration = $1`, [migration]);
    expect(rows).toEqual([]);
  });
});
