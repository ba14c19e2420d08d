import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { WrongSidePage } from '../../../domain/status/wrong-side';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { readMigrationStatus } from '../../../store/migration-status/read-migration-status';
import { countWrongSideEvents } from '../../../store/wrong-side-events';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { authorization, createFactsApi } from './facts-api';
import { startMigrationOf } from './facts-plan';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys, type Told } from './test-stack';

const MINUTE = 60_000;
const LEGACY = '/legacy/billing';
const TARGET = '/target/billing';

let database: TestDatabase;
let db: Database;
let migration: string;
let now: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  now = Date.now() - MINUTE;
  await startMigrationOf(db, migration);
});

type Side = 'legacy' | 'target';

async function place(patient: number, side: Side, movedAt?: number): Promise<void> {
  const other: Side = side === 'legacy' ? 'target' : 'legacy';
  await db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at, moved_from, moved_at, moved_because)
     VALUES ($1, 'payment', $2, 'everyone', $3, 1, $4, $5, $6, $7)`,
    [
      ...[migration, keys.subscription(patient), side, new Date(now - 10 * MINUTE)],
      ...(movedAt === undefined ? [null, null, null] : [other, new Date(movedAt), 'bringBack']),
    ],
  );
}

async function tell(...told: Told[]): Promise<void> {
  await storeEvents(
    db,
    told.map((one) => eventToStore(migration, { time: now, ...one })),
  );
  await sweepAllDue(db);
}

async function cases(): Promise<object[]> {
  const { rows } = await db.query<object>(
    `SELECT queue, owner, phase, cohort, side, journey, subject, cause FROM exception WHERE migration = $1 AND handoff IS NULL ORDER BY id`,
    [migration],
  );
  return rows;
}

async function found(): Promise<[string, string, string, number][]> {
  const tallies = await countWrongSideEvents(db, migration);
  return tallies.map(({ phase, system, type, events }) => [phase, system, type, events]);
}

describe('an event from a system of the side that its unit is not on', () => {
  it('is counted by phase, system and type, and alone opens no case', async () => {
    await place(1, 'target');
    await place(2, 'target');
    await place(3, 'legacy');
    await tell(
      { patient: 1, type: 'payment.succeeded', source: LEGACY },
      { patient: 2, type: 'payment.succeeded', source: LEGACY },
      { patient: 3, type: 'message.delivered', source: TARGET },
    );
    expect(await found()).toEqual([
      ['payment', 'legacy-billing', 'payment.succeeded', 2],
      ['payment', 'target-billing', 'message.delivered', 1],
    ]);
    expect(await cases()).toEqual([]);
  });

  it('is none on a clean run: own side, shared system, a refund, what no handoff starts or ends with, nobody placed, before the placement', async () => {
    await place(1, 'target');
    await place(2, 'legacy');
    await tell(
      { patient: 1, type: 'payment.succeeded', source: TARGET },
      { patient: 1, type: 'message.delivered', source: TARGET },
      { patient: 1, type: 'review.assigned', source: '/routing' },
      { patient: 1, type: 'payment.refunded', source: LEGACY },
      { patient: 1, type: 'payment.retried', source: LEGACY },
      { patient: 2, type: 'payment.succeeded', source: LEGACY },
      { patient: 2, type: 'review.assigned', source: '/routing' },
      { patient: 2, type: 'message.delivered', source: LEGACY },
      { patient: 3, type: 'payment.succeeded', source: TARGET },
      { patient: 1, type: 'payment.succeeded', source: LEGACY, time: now - 20 * MINUTE },
    );
    expect(await found()).toEqual([]);
    expect(await cases()).toEqual([]);
  });

  it('is judged by where the unit was when it happened, not by where it is', async () => {
    await place(1, 'legacy', now + 10_000);
    await tell({ patient: 1, type: 'payment.succeeded', source: TARGET });
    expect(await found()).toEqual([]);
    await tell({ patient: 1, type: 'message.delivered', source: TARGET, time: now + 30_000 });
    expect(await found()).toEqual([['payment', 'target-billing', 'message.delivered', 1]]);
  });

  it('is found where its producer does not know the unit, whichever event of the journey comes first', async () => {
    await place(1, 'target');
    await tell({ patient: 1, type: 'message.delivered', source: LEGACY, withoutSubscription: true });
    expect(await found()).toEqual([]);
    await tell({ patient: 1, type: 'payment.retried', source: TARGET, time: now - 10_000 });
    expect(await found()).toEqual([['payment', 'legacy-billing', 'message.delivered', 1]]);
  });

  it('is found under the key that its unit is one with', async () => {
    await place(1, 'target');
    await db.query(
      `INSERT INTO unit_alias (migration, alias, kind, unit, linked_by) VALUES ($1, $2, 'subscription', $3, 'engineer-1')`,
      [migration, keys.subscription(2), keys.subscription(1)],
    );
    await tell({ patient: 2, type: 'payment.succeeded', source: LEGACY });
    expect(await found()).toEqual([['payment', 'legacy-billing', 'payment.succeeded', 1]]);
  });
});

describe('R29 two systems that act on one patient', () => {
  const theCase = (patient: number): object => ({
    queue: 'next-step-not-told',
    owner: 'billing-operations',
    phase: 'payment',
    cohort: 'everyone',
    side: 'target',
    journey: keys.episode(patient),
    subject: keys.patient(patient),
    cause: `wrongSide:payment:${keys.subscription(patient)}`,
  });

  it.each([
    ['the wrong one first', [LEGACY, TARGET]],
    ['the right one first', [TARGET, LEGACY]],
  ])('are one case, %s, once for the unit and phase whatever comes after', async (_order, [first, second]) => {
    await place(1, 'target');
    await tell({ patient: 1, type: 'payment.succeeded', source: first });
    expect(await cases()).toEqual([]);
    await tell({ patient: 1, type: 'message.delivered', source: second, time: now + 1_000 });
    expect(await cases()).toEqual([theCase(1)]);
    await tell(
      { patient: 1, type: 'payment.succeeded', source: LEGACY, time: now + 2_000 },
      { patient: 1, type: 'message.delivered', source: TARGET, time: now + 3_000 },
    );
    expect(await cases()).toEqual([theCase(1)]);
  });

  it('opens exactly one for each of the 3 planted of 40, and none for the rest, in any order and twice', async () => {
    const planted = [4, 17, 33];
    const told: Told[] = [];
    for (let patient = 0; patient < 40; patient += 1) {
      const side: Side = patient % 2 === 0 ? 'target' : 'legacy';
      await place(patient, side);
      const own = side === 'target' ? TARGET : LEGACY;
      const other = side === 'target' ? LEGACY : TARGET;
      told.push({ patient, type: 'payment.succeeded', source: own, id: `paid-${patient}` });
      const source = planted.includes(patient) ? other : own;
      told.push({ patient, type: 'message.delivered', source, id: `told-${patient}`, time: now + 1_000 });
    }
    const shuffled = [...told, ...told].map((one, index) => ({ one, order: (index * 7_919) % 83 }));
    for (const { one } of shuffled.sort((a, b) => a.order - b.order)) await tell(one);
    const journeys = (await cases()).map((one) => (one as { journey: string }).journey);
    expect(journeys.sort()).toEqual(planted.map(keys.episode).sort());
    expect(await found()).toEqual([
      ['payment', 'target-billing', 'message.delivered', 2],
      ['payment', 'legacy-billing', 'message.delivered', 1],
    ]);
  });

  it('are no case more for whom a rollback brought back: theirs is open already', async () => {
    await place(1, 'legacy', now - MINUTE);
    await tell(
      { patient: 1, type: 'payment.succeeded', source: LEGACY },
      { patient: 1, type: 'message.delivered', source: TARGET },
    );
    expect(await found()).toEqual([['payment', 'target-billing', 'message.delivered', 1]]);
    expect(await cases()).toEqual([]);
  });
});

describe('who is told', () => {
  it('is everybody by status, and people by the API, page by page, with the case', async () => {
    await place(1, 'target');
    await place(2, 'target');
    await tell({ patient: 1, type: 'payment.succeeded', source: LEGACY, id: 'evt-a' });
    await tell({ patient: 2, type: 'payment.succeeded', source: LEGACY, id: 'evt-b' });
    await tell({ patient: 2, type: 'message.delivered', source: TARGET });
    const status = await readMigrationStatus(db, migration);
    expect(status?.wrongSide).toMatchObject([
      { phase: 'payment', system: 'legacy-billing', side: 'legacy', type: 'payment.succeeded', events: 2, units: 2 },
    ]);
    const { app } = await createFactsApi(db);
    const path = `/v1/migrations/${migration}/wrong-side-events`;
    expect((await request(app).get(path)).status).toBe(401);
    const get = async (query: string): Promise<WrongSidePage> => {
      const answer = await request(app)
        .get(path + query)
        .set(...authorization('support-lead-1'));
      expect(answer.status).toBe(200);
      return answer.body as WrongSidePage;
    };
    const first = await get('?limit=1');
    expect(first.events).toMatchObject([
      { id: 'evt-a', unit: keys.subscription(1), placedSide: 'target', side: 'legacy', exception: null },
    ]);
    const second = await get(`?limit=1&after=${first.next ?? 0}`);
    expect(second).toMatchObject({ events: [{ id: 'evt-b', journey: keys.episode(2) }], next: null });
    expect(second.events[0]?.exception).toMatch(/^\d+$/);
    expect(await get('?phase=another')).toEqual({ events: [], next: null });
  });
});
