import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { ExceptionPage } from '../../../domain/status/exception-page';
import type { QueueTally } from '../../../domain/status/migration-status';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { authorization, createFactsApi, type FactsApi } from './facts-api';
import { startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys } from './test-stack';

let database: TestDatabase;
let db: Database;
let api: FactsApi;
let migration: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  api = await createFactsApi(db);
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  await startMigrationOf(db, migration);
});

const get = (path: string) =>
  request(api.app)
    .get(`/v1/migrations/${migration}/${path}`)
    .set(...authorization('support-lead-1'));
async function page(query = ''): Promise<ExceptionPage> {
  const response = await get(`exceptions${query}`);
  expect(response.status).toBe(200);
  return response.body as ExceptionPage;
}
async function board(): Promise<QueueTally[]> {
  const response = await get('queues');
  expect(response.status).toBe(200);
  return (response.body as { queues: QueueTally[] }).queues;
}

async function missFor(...patients: number[]): Promise<void> {
  await storeEvents(
    db,
    patients.map((patient) => eventToStore(migration, { patient, type: 'payment.succeeded' })),
  );
  await letTimePass(db, migration, 30 * 60_000);
  await sweepAllDue(db);
}

/** As many open cases of one queue, due a second apart. */
async function openCases(count: number): Promise<void> {
  await db.query(
    `INSERT INTO exception (migration, cause, queue, handoff, phase, journey, subject, owner, due_at)
     SELECT $1, 'handoff:' || n, 'payment-not-routed', 'payment-to-provider-routing', 'payment', 'ep_' || n, 'pat_' || n, 'care-coordination',
            date_trunc('second', clock_timestamp()) + (n - $2 / 2) / 3 * interval '1 second'
       FROM generate_series(1, $2::integer) n`,
    [migration, count],
  );
}

describe('R30 the queues of a migration', () => {
  it('show every queue of the plan, with its owner and SLA, one without cases too', async () => {
    const none = { hour: 0, day: 0 };
    const empty = {
      ...{
        open: 0,
        overdue: 0,
        assigned: 0,
        snoozed: 0,
        recovered: 0,
        resolved: 0,
        oldestOpenedAt: null,
        oldestAgeMs: null,
        leaks: null,
        medianAgeMs: null,
        p90AgeMs: null,
      },
      ...{ inflow: none, outflow: none },
    };
    expect(await board()).toEqual([
      { queue: 'payment-not-routed', owner: 'care-coordination', slaMs: 30 * 60_000, ...empty },
      { queue: 'next-step-not-told', owner: 'billing-operations', slaMs: 4 * 3_600_000, ...empty },
    ]);
  });

  it('count what is open, what is past its SLA, and what came after all', async () => {
    await missFor(1, 2, 3);
    await letTimePass(db, migration, 31 * 60_000);
    await missFor(4);
    await storeEvents(db, [eventToStore(migration, { patient: 4, type: 'review.assigned' })]);
    await letTimePass(db, migration, 10 * 60_000);
    await sweepAllDue(db);
    expect(await board()).toMatchObject([
      { queue: 'payment-not-routed', open: 4, overdue: 3, recovered: 1, resolved: 0 },
      { queue: 'next-step-not-told', open: 4, overdue: 0, recovered: 0, resolved: 0 },
    ]);
  });

  it('list their cases, the most urgent first, with the key, the owner and the SLA on each', async () => {
    await missFor(1);
    const { exceptions, next } = await page('?queue=payment-not-routed');
    expect(next).toBeNull();
    expect(exceptions).toEqual([
      {
        id: expect.stringMatching(/^\d+$/) as string,
        queue: 'payment-not-routed',
        owner: 'care-coordination',
        assignedTo: null,
        state: 'open',
        handoff: 'payment-to-provider-routing',
        phase: 'payment',
        cohort: null,
        side: null,
        lane: 'unplaced→legacy',
        journey: keys.episode(1),
        subject: keys.patient(1),
        cause: expect.stringMatching(/^handoff:\d+$/) as string,
        openedAt: expect.stringMatching(/Z$/) as string,
        dueAt: expect.stringMatching(/Z$/) as string,
        overdue: false,
        recoveredAt: null,
        recoveredBy: null,
        why: null,
        reopened: 0,
        resolvedAt: null,
        kind: 'handoff',
        occurrences: 1,
        snoozed: null,
        acceptance: null,
        mergedInto: null,
        resolvedBy: null,
        redrive: null,
        steps: [
          { step: 1, what: 'Find the charge', reference: null },
          { step: 2, what: 'Send it again', reference: null },
        ],
      },
    ]);
    expect((await page()).exceptions.map(({ queue }) => queue)).toEqual(['payment-not-routed', 'next-step-not-told']);
    expect((await page('?state=resolved')).exceptions).toEqual([]);
  });

  it('give each of 10,000 open cases once, page by page', async () => {
    await openCases(10_000);
    const [first] = await board();
    expect(first).toMatchObject({ open: 10_000 });
    const seen: string[] = [];
    const due: string[] = [];
    let after = '';
    for (;;) {
      const { exceptions, next } = await page(`?state=open&limit=1000${after}`);
      seen.push(...exceptions.map(({ id }) => id));
      due.push(...exceptions.map(({ dueAt }) => dueAt));
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(new Set(seen).size).toBe(10_000);
    expect(seen).toHaveLength(10_000);
    expect(due).toEqual([...due].sort());
  });

  it.each([
    ['a state that is none', '?state=closed', 'bad-request'],
    ['a limit out of bounds', '?limit=1001', 'bad-request'],
    ['a parameter that nobody knows', '?owner=someone', 'bad-request'],
    ['a page that no answer named', '?after=zebra', 'bad-cursor'],
  ])('refuse %s', async (_what, query, code) => {
    const response = await get(`exceptions${query}`);
    expect([response.status, response.body]).toMatchObject([400, { code }]);
    expect(response.text).not.toContain('zebra');
  });

  it('are those of a migration that there is', async () => {
    for (const path of ['exceptions', 'queues']) {
      const response = await request(api.app)
        .get(`/v1/migrations/no-such/${path}`)
        .set(...authorization('support-lead-1'));
      expect([response.status, response.body]).toMatchObject([404, { code: 'unknown-migration' }]);
    }
  });
});
