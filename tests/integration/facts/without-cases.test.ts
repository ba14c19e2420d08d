import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { countOutcomes } from '../../../store/handoffs';
import { MigrationPlans } from '../../../store/migration-plans';
import { readDoctor } from '../../../store/read-doctor';
import { systemClock } from '../../../platform/system-clock';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { FACTS_PLAN, MESSAGE, ROUTING, startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, type Told } from './test-stack';

/** Of its two handoffs the one is counted alone. */
const PLAN = FACTS_PLAN.replace(
  '    severity: experience\n    queue: next-step-not-told\n',
  '    exactlyOnce: true\n    severity: experience\n    cases: none\n',
).replace(/ {2}- \{ id: next-step-not-told,.*\n/, '');
const HOUR = 3_600_000;

let database: TestDatabase;
let db: Database;
let migration: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  await startMigrationOf(db, migration, 1, PLAN);
});

const tell = (...told: Told[]): Promise<unknown> =>
  storeEvents(
    db,
    told.map((one) => eventToStore(migration, one)),
  );

async function casesByQueue(): Promise<unknown[]> {
  const { rows } = await db.query(
    'SELECT queue, count(*)::int AS count FROM exception WHERE migration = $1 GROUP BY queue ORDER BY queue',
    [migration],
  );
  return rows;
}

describe('a handoff that opens no cases', () => {
  it('is counted as any other, missed, recovered and ended twice, and opens none for all that', async () => {
    const time = Date.now();
    await tell(
      { patient: 1, type: 'payment.succeeded', time },
      { patient: 2, type: 'payment.succeeded', time },
      { patient: 3, type: 'payment.succeeded', time },
      { patient: 3, type: 'message.delivered', time: time + 1 },
    );
    await letTimePass(db, migration, HOUR);
    expect(await sweepAllDue(db)).toMatchObject({ finalized: { missed: 5, kept: 1 }, exceptionsOpened: 3 });
    // Late for the second patient, once more for the third.
    await tell({ patient: 2, type: 'message.delivered' }, { patient: 3, type: 'message.delivered' });
    await letTimePass(db, migration, HOUR);
    await sweepAllDue(db);
    expect(await casesByQueue()).toEqual([{ queue: 'payment-not-routed', count: 3 }]);
    const outcomes = await countOutcomes(db, migration);
    expect(outcomes.find(({ handoff }) => handoff === MESSAGE)).toMatchObject({
      recovered: 1,
      bySide: { unplaced: { kept: 1, missed: 2 } },
    });
    const { rows } = await db.query(
      'SELECT sum(second_ends)::int AS ends FROM handoff_occurrence WHERE migration = $1 AND handoff = $2',
      [migration, MESSAGE],
    );
    expect(rows).toEqual([{ ends: 1 }]);
  });

  it('is nothing that the doctor minds (I6), unlike a missing case of another', async () => {
    await tell({ patient: 1, type: 'payment.succeeded', time: Date.now() });
    await letTimePass(db, migration, HOUR);
    await sweepAllDue(db);
    const of = await new MigrationPlans(systemClock).byId(db, migration);
    if (of === undefined) throw new Error('The migration is there.');
    const found = async (): Promise<number | undefined> =>
      (await readDoctor(db, of)).checks.find(({ check }) => check === 'missed-has-a-case')?.found;
    expect(await found()).toBe(0);
    await db.query(
      `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, to_side, started_at, deadline_at, outcome, ended_at, final)
       VALUES ($1, $2, 'ep_lost', 1, 'pat_lost', 'payment', 'legacy', now(), now(), 'missed', now(), true)`,
      [migration, ROUTING],
    );
    expect(await found()).toBe(1);
  });
});
