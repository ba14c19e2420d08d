import { loadPlan } from '../../../domain/plan/load-plan';
import type { Clock } from '../../../domain/time/clock';
import type { Database } from '../../../store/database';
import { getMigration, endMigration } from '../../../store/migration-records';
import { MigrationPlans } from '../../../store/migration-plans';
import { adoptPlanVersion, readPlanVersions } from '../../../store/plan-versions';
import { savePlan } from '../../../store/plans';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { PLAN_TEXT, startMigration } from '../sides/started-migration';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
});
afterAll(() => database.drop());

const first = loadPlan(PLAN_TEXT).hash;
const people = { proposedBy: 'one', approvedBy: 'two' };

/** Stores the plan with another soak; gives its hash. */
async function version(soak: string): Promise<string> {
  const text = PLAN_TEXT.replace('soak: 14d', `soak: ${soak}`);
  const { plan, hash } = loadPlan(text);
  await savePlan(db, { hash, plan, source: text });
  return hash;
}

const adopt = (migration: string, from: string, to: string, number: number): Promise<void> =>
  db.transaction((connection) => adoptPlanVersion(connection, { migration, from, to, number, ...people }));

/** A process whose time a test lets pass. */
function process(): { plans: MigrationPlans; later: (milliseconds: number) => void } {
  let now = Date.parse('2026-03-02T09:00:00.000Z');
  const clock: Clock = { now: () => new Date(now) };
  return { plans: new MigrationPlans(clock), later: (milliseconds) => (now += milliseconds) };
}

describe('the versions of a plan, as they are stored', () => {
  it('are one after the other, by whom and since when, and each is taken once', async () => {
    const id = await startMigration(db, { id: 'versions-1' });
    expect(await readPlanVersions(db, id)).toMatchObject([
      { number: 1, planHash: first, proposedBy: 'release-manager-1' },
    ]);
    const [second, third] = [await version('15d'), await version('16d')];
    await adopt(id, first, second, 2);
    await adopt(id, first, second, 2);
    await adopt(id, second, third, 3);
    // Back to the first is a version of its own.
    await adopt(id, third, first, 4);
    expect((await getMigration(db, id))?.planHash).toBe(first);
    expect(
      (await readPlanVersions(db, id)).map(({ number, planHash, proposedBy, approvedBy }) => [
        number,
        planHash,
        proposedBy,
        approvedBy,
      ]),
    ).toEqual([
      [1, first, 'release-manager-1', 'release-manager-1'],
      [2, second, 'one', 'two'],
      [3, third, 'one', 'two'],
      [4, first, 'one', 'two'],
    ]);
  });

  it('are not taken from another one than the one in force', async () => {
    const id = await startMigration(db, { id: 'versions-2' });
    const [second, third] = [await version('15d'), await version('16d')];
    await adopt(id, first, second, 2);
    await expect(adopt(id, first, third, 2)).rejects.toThrow('another plan');
    await expect(adopt(id, second, third, 4)).rejects.toThrow('another plan');
    expect((await getMigration(db, id))?.planHash).toBe(second);
  });

  it('are known to every process within a second, and at once to whoever acts on what was accepted by them', async () => {
    const id = await startMigration(db, { id: 'versions-3' });
    const [asking, acting] = [process(), process()];
    for (const { plans } of [asking, acting]) expect((await plans.byId(db, id))?.planHash).toBe(first);
    const known = asking.plans.loaded(id);
    const second = await version('15d');
    await adopt(id, first, second, 2);
    expect((await acting.plans.asOfNow(db, id))?.planHash).toBe(second);
    asking.later(1_000);
    expect((await asking.plans.byId(db, id))?.planHash).toBe(second);
    expect(asking.plans.loaded(id)).not.toBe(known);
    expect((await asking.plans.liveById(db, id))?.planHash).toBe(second);
  });

  it('are known of a migration that ended with one that nobody had looked for', async () => {
    const id = await startMigration(db, { id: 'versions-4' });
    const { plans, later } = process();
    await plans.allLive(db);
    const second = await version('15d');
    await adopt(id, first, second, 2);
    await endMigration(db, id);
    later(1_000);
    expect((await plans.byId(db, id))?.planHash).toBe(second);
    // Nothing comes after it.
    later(1_000);
    expect((await plans.byId(db, id))?.planHash).toBe(second);
  });
});
