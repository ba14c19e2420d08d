import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { ExceptionWhy } from '../../../domain/status/exception-page';
import { packageRoot } from '../../../platform/package-root';
import { systemClock } from '../../../platform/system-clock';
import { deriveKey } from '../../../sandbox/patients/derive-key';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { countOutcomes } from '../../../store/handoffs';
import { JourneySweeper } from '../../../store/journey-sweeper';
import { MigrationPlans } from '../../../store/migration-plans';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { eventsOf, plantedPatients, STORIES } from '../../system/dropped/planted-stories';
import { startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { tellByPlan } from './tell-by-plan';

const SOURCE = readFileSync(join(packageRoot(), 'examples', 'telehealth.yaml'), 'utf8');
const { plan } = loadPlan(SOURCE);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let database: TestDatabase;
let db: Database;
let migration: string;
let numbered: number;
let sweepers: JourneySweeper[];

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  sweepers = [1, 2].map(() => new JourneySweeper(db, new MigrationPlans(systemClock)));
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  numbered = 0;
  await startMigrationOf(db, migration, 1, SOURCE);
});

interface OpenedCase {
  journey: string;
  queue: string;
  handoff: string | null;
  cause: string;
  why: ExceptionWhy | null;
  recoveredBy: unknown;
  occurrences: number;
}

async function cases(): Promise<OpenedCase[]> {
  const { rows } = await db.query<OpenedCase>(
    `SELECT journey, queue, handoff, cause, why, recovered_by AS "recoveredBy", occurrences FROM exception WHERE migration = $1 ORDER BY id`,
    [migration],
  );
  return rows;
}

/** As two sweepers at once make of it, each of which has read the plan once. */
async function sweepByTwo(): Promise<void> {
  await Promise.all(sweepers.map((sweeper, index) => sweepDue(sweeper, 7 - 2 * index)));
  for (const sweeper of sweepers.slice(0, 1)) await sweepDue(sweeper, 50);
}

async function sweepDue(sweeper: JourneySweeper, atOnce: number): Promise<void> {
  for (;;) {
    const report = await sweeper.sweep(atOnce);
    expect(report.failure).toBeUndefined();
    if (report.journeys + report.failed === 0) return;
  }
}

describe('R24 to R29: k dropped of n', () => {
  // What a stack does on the wrong side needs sides; the whole system is asked that.
  const stories = STORIES.filter(({ happens }) => happens.every(({ source }) => source === undefined));

  it.each(stories)(
    '$requirement opens exactly one case in $queue for each of the $dropped dropped of $patients, and none for the rest',
    async (story) => {
      const people = plantedPatients(migration).filter((one) => one.story === story);
      const now = Date.now();
      const told = eventsOf(people, migration, now - 60_000).map(tellByPlan(plan, migration, now));
      for (let at = 0; at < told.length; at += 20) {
        await storeEvents(db, told.slice(at, at + 20));
        if (at % 60 === 0) await sweepByTwo();
      }
      await letTimePass(db, migration, 20 * DAY);
      await sweepByTwo();
      // Everything once more, long after.
      await storeEvents(db, told);
      await sweepByTwo();
      const opened = (await cases()).filter(({ queue }) => queue === story.queue);
      const dropped = people.filter((one) => one.dropped).map(({ journey }) => journey);
      expect(dropped).toHaveLength(story.dropped);
      expect(opened.map(({ journey }) => journey).sort()).toEqual(dropped.sort());
      expect(opened.map(({ occurrences }) => occurrences)).toEqual(dropped.map(() => 1));
    },
  );
});

/** Tells what happened to one patient, by minutes before now, and lets it become final. */
async function happens(...events: readonly [minutesAgo: number, type: string, data?: object][]): Promise<void> {
  const now = Date.now();
  const tell = tellByPlan(plan, migration, now);
  await storeEvents(
    db,
    events.map(([minutesAgo, type, data]) =>
      tell({
        ...{ specversion: '1.0', id: `evt-${(numbered += 1)}`, source: '/legacy/crm', type, data },
        ...{ subject: deriveKey('pat', migration), journey: deriveKey('ep', migration) },
        ...{ subscription: deriveKey('sub', migration), time: new Date(now - minutesAgo * MINUTE).toISOString() },
      }),
    ),
  );
}

/** When nothing that may still arrive can change it. */
async function settle(): Promise<void> {
  await letTimePass(db, migration, 20 * DAY);
  await sweepByTwo();
}

async function outcomesOf(handoff: string): Promise<unknown> {
  const tally = (await countOutcomes(db, migration)).find((one) => one.handoff === handoff);
  return tally === undefined ? undefined : { ...tally.bySide.unplaced, secondEnds: tally.secondEnds };
}

const NONE = { open: 0, kept: 0, missed: 0, released: 0, secondEnds: 0 };
const CHARGE = { program: 'weight', state: 'CA' };
const ROUTING = 'payment-to-provider-routing';

describe('R50: a wrong outcome is not a kept one', () => {
  it('misses an assignment to somebody who is not licensed there, and names the condition and the event on its case', async () => {
    await happens([1.5, 'payment.succeeded', CHARGE], [1, 'review.assigned', { program: 'weight', licensedIn: 'NY' }]);
    await settle();
    expect(await outcomesOf(ROUTING)).toEqual({ ...NONE, missed: 1 });
    const end = { type: 'review.assigned', source: '/legacy/crm', id: 'evt-2' };
    expect((await cases()).filter(({ handoff }) => handoff === ROUTING)).toMatchObject([
      { queue: 'payment-not-routed', why: { failed: { condition: 'licensed', end } } },
    ]);
  });

  it('keeps it by the assignment to somebody who is, after one to somebody who is not', async () => {
    await happens(
      [1.5, 'payment.succeeded', CHARGE],
      [1, 'review.assigned', { program: 'weight', licensedIn: 'NY' }],
      [0.5, 'review.assigned', { program: 'weight', licensedIn: 'CA' }],
    );
    await settle();
    expect(await outcomesOf(ROUTING)).toEqual({ ...NONE, kept: 1 });
    expect((await cases()).filter(({ handoff }) => handoff === ROUTING)).toEqual([]);
  });

  it('releases it by a cancellation after three minutes, in whatever order the two arrive', async () => {
    const first = Date.now();
    await happens([0, 'patient.withdrew']);
    await happens([3, 'payment.succeeded', CHARGE]);
    expect(Date.now() - first).toBeLessThan(plan.lateness);
    await settle();
    expect(await outcomesOf(ROUTING)).toEqual({ ...NONE, released: 1 });
    expect(await cases()).toEqual([]);
  });

  it('says which codes lacked where there must be an end for each, and is recovered by the last of them', async () => {
    await happens([1.5, 'subscription.cancelled'], [1, 'effects.disarmed', { side: 'legacy' }]);
    await settle();
    const cancelled = async (): Promise<OpenedCase[]> =>
      (await cases()).filter(({ handoff }) => handoff === 'cancelled-to-disarmed');
    expect(await cancelled()).toMatchObject([
      { queue: 'double-charge', why: { lacking: ['target'] }, recoveredBy: null },
    ]);
    const now = Date.now();
    const late = tellByPlan(
      plan,
      migration,
      now,
    )({
      ...{ specversion: '1.0', id: `evt-late`, source: '/target/billing', type: 'effects.disarmed' },
      ...{ subject: deriveKey('pat', migration), journey: deriveKey('ep', migration), data: { side: 'target' } },
      time: new Date(now).toISOString(),
    });
    await storeEvents(db, [late]);
    await settle();
    expect(await cancelled()).toMatchObject([
      {
        why: { lacking: ['target'] },
        recoveredBy: { source: '/target/billing', id: 'evt-late', type: 'effects.disarmed' },
      },
    ]);
  });

  it('opens a case for each charge more where one must come once, leaves the first kept, and opens none twice', async () => {
    await happens([1.5, 'renewal.due'], [1, 'renewal.settled'], [0.9, 'renewal.settled'], [0.8, 'renewal.settled']);
    await settle();
    await db.query('UPDATE journey SET due_at = clock_timestamp() WHERE migration = $1', [migration]);
    await sweepByTwo();
    expect(await outcomesOf('renewal-to-settled')).toEqual({ ...NONE, kept: 1, secondEnds: 2 });
    const opened = (await cases()).filter(({ handoff }) => handoff === 'renewal-to-settled');
    expect(opened.map(({ queue, why }) => [queue, why?.secondEnd?.id])).toEqual([
      ['billing-follow-up', 'evt-3'],
      ['billing-follow-up', 'evt-4'],
    ]);
    expect(new Set(opened.map(({ cause }) => cause)).size).toBe(2);
  });

  it('waits for as long as the patient is asked, and no longer than the promise once the patient has answered', async () => {
    await happens(
      [1.5, 'review.assigned', { program: 'weight', licensedIn: 'CA' }],
      [1, 'info.requested'],
      [0.9, 'info.notified'],
    );
    await settle();
    expect(await outcomesOf('review-to-decision')).toEqual({ ...NONE, open: 1 });
    await happens([0, 'info.given']);
    await settle();
    expect(await outcomesOf('review-to-decision')).toEqual({ ...NONE, missed: 1 });
    const { rows } = await db.query<{ days: number }>(
      `SELECT (extract(epoch FROM deadline_at - started_at) / 86400)::float8 AS days
         FROM handoff_occurrence WHERE migration = $1 AND handoff = 'review-to-decision'`,
      [migration],
    );
    // The twenty days of the pause, and then what 24 business hours take.
    expect(rows[0]?.days).toBeGreaterThan(20);
    expect(rows[0]?.days).toBeLessThan(26);
  });
});
