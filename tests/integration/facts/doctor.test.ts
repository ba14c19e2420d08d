import { randomBytes, randomUUID } from 'node:crypto';
import request from 'supertest';
import { doctorScreen } from '../../../cli/screens/doctor-screen';
import type { DoctorReport } from '../../../domain/status/doctor';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { createCrosswalkWorld, customer, vendorEvent } from '../crosswalk/crosswalk-world';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { CORRELATED_PLAN, happened, key } from './correlated-stack';
import { authorization, createFactsApi } from './facts-api';
import { FACTS_PLAN, startMigrationOf } from './facts-plan';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, type Told } from './test-stack';

const HOUR = 60 * 60_000;
const PAYLOAD_KEY = randomBytes(32).toString('hex');

let database: TestDatabase;
let db: Database;
let migration: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `doctor-${randomUUID()}`;
  await startMigrationOf(db, migration);
});

const tell = (...told: Told[]): Promise<unknown> =>
  storeEvents(
    db,
    told.map((one) => eventToStore(migration, one)),
  );

async function doctor(): Promise<DoctorReport> {
  const { app } = await createFactsApi(db);
  const answer = await request(app)
    .get(`/v1/migrations/${migration}/doctor`)
    .set(...authorization('engineer-1'));
  expect(answer.status).toBe(200);
  return answer.body as DoctorReport;
}

const wrong = ({ checks }: DoctorReport): Record<string, number> =>
  Object.fromEntries(checks.filter(({ ok }) => !ok).map(({ check, found }) => [check, found]));

describe('handoff doctor (I6, I8)', () => {
  it('accounts for each start, and finds nothing wrong where nothing is', async () => {
    // Late by an hour, so each counts from when it came.
    const time = Date.now() - 10_000;
    await tell(
      { patient: 1, type: 'payment.succeeded', time },
      { patient: 1, type: 'review.assigned', time: time + 1 },
    );
    await tell({ patient: 2, type: 'payment.succeeded', time });
    await tell(
      { patient: 3, type: 'payment.succeeded', time },
      { patient: 3, type: 'payment.refunded', time: time + 1 },
    );
    await sweepAllDue(db);
    const report = await doctor();
    expect(wrong(report)).toEqual({});
    expect(report.handoffs.find(({ handoff }) => handoff === 'payment-to-provider-routing')).toEqual({
      ...{ handoff: 'payment-to-provider-routing', eligible: 3, kept: 1, missed: 0, released: 1, open: 1, refused: 0 },
    });
    expect(doctorScreen(report)).toMatch(/payment-to-provider-routing +3 +1 +0 +1 +1 +0/);
  });

  it('accounts for handoffs that count by something else than the journey, and says when nobody looks at their units', async () => {
    migration = `doctor-${randomUUID()}`;
    await startMigrationOf(db, migration, 1, CORRELATED_PLAN);
    const time = Date.now() - 10_000;
    const told = [
      { type: 'stop.received', patient: 1, episode: 1, time, id: 'a' },
      { type: 'sender.suppressed', patient: 1, episode: 2, time: time + 1, id: 'b' },
      { type: 'stop.received', patient: 2, episode: 3, time, id: 'c' },
      { type: 'order.shipped', patient: 2, episode: 3, order: 1, time, id: 'd' },
      { type: 'order.shipped', patient: 2, episode: 3, order: 2, time, id: 'e' },
    ];
    await storeEvents(
      db,
      told.map((one) => happened(migration, one)),
    );
    await sweepAllDue(db);
    const report = await doctor();
    expect(wrong(report)).toEqual({});
    const eligible = report.handoffs.map((one) => [one.handoff, one.eligible, one.kept, one.open]);
    expect(eligible).toEqual([
      ['shipped-to-tracking', 2, 0, 2],
      ['stop-to-suppressed', 2, 1, 1],
    ]);
    await db.query(`UPDATE correlation SET due_at = now() - interval '1 hour' WHERE migration = $1 AND key = $2`, [
      migration,
      key('pat', 2),
    ]);
    expect(wrong(await doctor())).toEqual({ 'journeys-are-looked-at': 1 });
  });

  it('names what is wrong, one line each, and what to do', async () => {
    const time = Date.now() - 10_000;
    await tell({ patient: 1, type: 'payment.succeeded', id: 'used', time });
    await tell({ patient: 1, type: 'payment.succeeded', id: 'used', time: time + 1 });
    await tell({ patient: 2, type: 'review.assigned', time });
    await sweepAllDue(db);
    await db.query(
      `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, to_side, started_at, deadline_at, outcome, ended_at, final)
       VALUES ($1, 'payment-to-provider-routing', 'ep_lost', 1, 'pat_lost', 'payment', 'legacy', now(), now(), 'missed', now(), true)`,
      [migration],
    );
    await db.query(
      `INSERT INTO journey (migration, id, subject, first_at, last_at, due_at, events, matched) VALUES ($1, 'ep_late', 'pat', now(), now(), now() - $2 * interval '1 millisecond', 5, 2)`,
      [migration, HOUR],
    );
    const report = await doctor();
    expect(wrong(report)).toEqual({
      'starts-are-accounted-for': 1,
      'missed-has-a-case': 1,
      'events-are-matched': 3,
      'journeys-are-looked-at': 1,
      'ends-have-starts': 1,
      'ids-are-used-once': 1,
    });
    expect(report.handoffs.find(({ handoff }) => handoff === 'payment-to-provider-routing')?.refused).toBe(1);
    for (const { say } of report.checks) expect(say.length).toBeGreaterThan(20);
    expect(doctorScreen(report)).toMatch(/WRONG +missed-has-a-case +1/);
  });

  it('finds open cases without an owner, and those whose clock is not there, has ended or is late', async () => {
    const open = async (owner: string, age: number): Promise<string> => {
      const { rows } = await db.query<{ id: string }>(
        `INSERT INTO exception (migration, cause, queue, journey, subject, owner, opened_at, due_at, clock_revision)
         VALUES ($1, 'event:' || gen_random_uuid(), 'payment-not-routed', 'ep_x', 'pat_x', $2, clock_timestamp() - $3 * interval '1 second', now(), 0) RETURNING id`,
        [migration, owner, age],
      );
      return rows[0]?.id ?? '';
    };
    const clock = (exception: string, running: boolean, late: number | null): Promise<unknown> =>
      db.query(
        `INSERT INTO exception_clock (exception, migration, running, next_at) VALUES ($1, $2, $3, clock_timestamp() - $4 * interval '1 second')`,
        [exception, migration, running, late],
      );
    const found = async (): Promise<number | undefined> => wrong(await doctor())['case-has-owner-and-clock'];
    // Just opened; with a clock that waits; with one that has nothing left to do.
    await open('care-coordination', 1);
    await clock(await open('care-coordination', 3_600), true, -60);
    await clock(await open('care-coordination', 3_600), true, null);
    expect(await found()).toBeUndefined();
    const nobodys = await open('', 1);
    expect(await found()).toBe(1);
    await db.query(`UPDATE exception SET owner = 'care-coordination' WHERE id = $1`, [nobodys]);
    expect(await found()).toBeUndefined();
    const clockless = await open('care-coordination', 120);
    expect(await found()).toBe(1);
    await clock(clockless, false, null);
    expect(await found()).toBe(1);
    await db.query('UPDATE exception_clock SET running = true WHERE exception = $1', [clockless]);
    expect(await found()).toBeUndefined();
    await clock(await open('care-coordination', 3_600), true, 120);
    expect(await found()).toBe(1);
  });

  it('finds events of nobody that are in no open case', async () => {
    const found = async (): Promise<number | undefined> => wrong(await doctor())['unlinked-events-have-a-case'];
    const world = await createCrosswalkWorld(db, { payloadKey: PAYLOAD_KEY });
    migration = world.migration.id;
    const held = vendorEvent({ ids: [customer('cus_1')] });
    expect(await world.receive(held, vendorEvent({ ids: [customer('cus_1')] }))).toEqual([
      { became: 'held', because: 'nobodysId' },
      { became: 'held', because: 'nobodysId' },
    ]);
    // What only tells ids together is no patient's who waits for anything.
    await world.receive(vendorEvent({ ids: [customer('cus_2')], type: null }));
    expect(await found()).toBeUndefined();
    await db.query(
      `UPDATE exception SET state = 'resolved', resolved_at = now(), resolved_by = 'somebody', evidence = '[]' WHERE migration = $1`,
      [migration],
    );
    expect(await found()).toBe(2);
    // The next one of the same somebody opens another case; those before are in one that was resolved.
    await world.receive(vendorEvent({ ids: [customer('cus_1')] }));
    expect(await found()).toBe(2);
    await world.receive({
      ...held,
      id: `evt_${randomUUID()}`,
      keys: { patient: key('pat', 1), episode: key('ep', 1) },
    });
    await world.replay();
    expect(await found()).toBeUndefined();
  });

  it('finds all that is held where the plan has no queue for it', async () => {
    const world = await createCrosswalkWorld(db, { yaml: FACTS_PLAN, payloadKey: PAYLOAD_KEY });
    migration = world.migration.id;
    await world.receive(vendorEvent({ ids: [customer('cus_1')] }));
    const report = await doctor();
    expect(wrong(report)).toEqual({ 'unlinked-events-have-a-case': 1 });
    expect(doctorScreen(report)).toMatch(/WRONG +unlinked-events-have-a-case +1 .*'unlinked-event'/);
  });
});
