import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { Database } from '../../../store/database';
import { storeEvents, type EventToStore } from '../../../store/events';
import { placeUnit } from '../sides/place-unit';
import { bringBackUnits } from '../../../store/placements';
import { changeSplit, createSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { createFactsApi } from './facts-api';
import { FACTS_PLAN, startMigrationOf } from './facts-plan';
import { sweepAllDue } from './sweep-all-due';
import { cloudEvent, eventToStore, keys } from './test-stack';

const LEASE = 60_000;
const QUEUE = { id: 'payment-not-routed', owner: 'care-coordination', slaMs: 60_000 };
const CLOSED_BY = FACTS_PLAN.replace(
  '    unit: subscription\n',
  '    unit: subscription\n    closedBy: [payment.refunded]\n',
);

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
  await startMigrationOf(db, migration, 1, CLOSED_BY);
  const key = { migration, phase: 'payment', cohort: 'everyone' };
  await createSplit(db, { ...key, lease: LEASE });
  const change = { ...key, share: 100_000, perDay: null, lease: LEASE };
  await changeSplit(db, { ...change, expectedEpoch: 1, mode: 'open', cause: 'raised' });
});

const place = (patient: number) =>
  placeUnit(db, { migration, phase: 'payment', cohort: 'everyone', unit: keys.subscription(patient) });

/** An event of the first patient's subscription, in a journey of that number. */
function inJourney(journey: number, type: string, time = Date.now()): EventToStore {
  const event = eventToStore(migration, { patient: 1, type, time });
  return { ...event, journey: keys.episode(journey), units: { ...event.units, episode: keys.episode(journey) } };
}

async function bringBack(): Promise<string[]> {
  const key = { migration, phase: 'payment', cohort: 'everyone' };
  const change = { ...key, expectedEpoch: 2, share: 0, perDay: null, lease: LEASE };
  const { epoch } = await changeSplit(db, { ...change, mode: 'returning', cause: 'rollback' });
  const of = { ...key, epoch, unitKind: 'subscription' as const, milestones: [], bringBack: [null], queue: QUEUE };
  expect(await bringBackUnits(db, of)).toBe(1);
  const { rows } = await db.query<{ journey: string }>(
    'SELECT journey FROM exception WHERE migration = $1 ORDER BY journey',
    [migration],
  );
  return rows.map(({ journey }) => journey);
}

describe('I1 somebody who is brought back', () => {
  it('leaves one case for each journey that something runs in, and none for those that are over', async () => {
    await place(1);
    const at = Date.now() - 30_000;
    await storeEvents(db, [
      ...[11, 12, 13].map((journey) => inJourney(journey, 'payment.succeeded', at)),
      // Over: nothing runs in it any more.
      inJourney(12, 'review.assigned', at + 1),
      inJourney(12, 'message.delivered', at + 2),
      // Nothing runs in the last one they were seen in either; it is the one that was cut through.
      inJourney(14, 'payment.retried', at + 10),
    ]);
    await sweepAllDue(db);
    expect(await bringBack()).toEqual([11, 13, 14].map(keys.episode));
  });

  it('leaves none for a journey that is over by a worker of an earlier release, which says of each event that it is matched', async () => {
    await place(1);
    const at = Date.now() - 30_000;
    await storeEvents(db, [
      inJourney(11, 'payment.retried', at),
      inJourney(12, 'payment.retried', at + 1),
      inJourney(13, 'payment.retried', at + 2),
    ]);
    await sweepAllDue(db);
    await db.query('UPDATE journey SET matched = 0 WHERE migration = $1 AND id = $2', [migration, keys.episode(12)]);
    expect(await bringBack()).toEqual([keys.episode(13)]);
  });

  it('leaves one for a journey whose events nobody has matched yet', async () => {
    await place(1);
    const at = Date.now() - 30_000;
    await storeEvents(db, [inJourney(11, 'payment.succeeded', at), inJourney(12, 'payment.retried', at + 1)]);
    expect(await bringBack()).toEqual([11, 12].map(keys.episode));
  });
});

describe('an event that closes a unit', () => {
  async function open(): Promise<string[]> {
    const { rows } = await db.query<{ unit: string }>(
      'SELECT unit FROM placement WHERE migration = $1 AND closed_at IS NULL ORDER BY unit',
      [migration],
    );
    return rows.map(({ unit }) => unit);
  }

  async function send(event: Parameters<typeof cloudEvent>[0]): Promise<void> {
    const { app } = await createFactsApi(db);
    const answer = await request(app)
      .post('/v1/events')
      .set('Content-Type', 'application/cloudevents+json')
      .send(JSON.stringify({ ...cloudEvent(event), migration }));
    expect([answer.status, answer.body]).toEqual([200, { stored: 1, duplicates: 0, refused: [] }]);
  }

  it('closes it with the event, and leaves the others open', async () => {
    await place(1);
    await place(2);
    await send({ patient: 1, type: 'payment.succeeded' });
    expect(await open()).toHaveLength(2);
    await send({ patient: 1, type: 'payment.refunded' });
    expect(await open()).toEqual([keys.subscription(2)]);
  });

  it('closes the unit of its journey where it does not name it', async () => {
    await place(1);
    await send({ patient: 1, type: 'payment.succeeded' });
    await send({ patient: 1, type: 'payment.refunded', withoutSubscription: true });
    expect(await open()).toEqual([]);
  });
});
