import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store/database';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { storeEvents } from '../../../store/events';
import { createFactsApi, type FactsApi } from './facts-api';
import { EVIDENCE, FactsCases } from './facts-cases';
import { FACTS_PLAN, startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys } from './test-stack';

/** The handoff of payments that were not routed, with what is sent again where legacy must end it. */
const WITH_REDRIVE = FACTS_PLAN.replace(
  '    queue: payment-not-routed\n',
  '    queue: payment-not-routed\n    redrive: { command: review.assign, to: { legacy: routing } }\n',
);
const reason = 'never-arrived';

let database: TestDatabase;
let db: Database;
let api: FactsApi;
let cases: FactsCases;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  api = await createFactsApi(db);
});
afterAll(() => database.drop());
beforeEach(() => begin(WITH_REDRIVE));

async function begin(plan: string): Promise<void> {
  const migration = `facts-${randomUUID()}`;
  await startMigrationOf(db, migration, 1, plan);
  cases = new FactsCases(db, api, migration);
}

/** The patient pays once more, and nobody routes it. */
async function payAgain(): Promise<void> {
  const told = (type: string) => eventToStore(cases.migration, { patient: 1, type });
  await storeEvents(db, [told('payment.succeeded'), told('message.delivered')]);
  await letTimePass(db, cases.migration, 12 * 60_000);
  await sweepAllDue(db);
}

/** The events by which the case's handoffs started, in their order. */
async function startsOf(exception: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT v.id FROM exception e JOIN event v ON v.migration = e.migration AND v.journey = e.journey AND v.type = 'payment.succeeded'
      WHERE e.id = $1 ORDER BY v.time`,
    [exception],
  );
  return rows.map(({ id }) => id);
}

async function sentBodies(exception: string): Promise<{ key: string; start?: { id: string } }[]> {
  const { rows } = await db.query<{ body: string }>('SELECT body FROM redrive WHERE exception = $1 ORDER BY id', [
    exception,
  ]);
  return rows.map(({ body }) => JSON.parse(body) as { key: string; start?: { id: string } });
}

describe('R30 a case whose missing command people have sent again', () => {
  it('shows what is sent to whom, who asked and why, and stays open with its SLA', async () => {
    const id = await cases.open();
    const before = (await cases.show(id)).exception;
    const asked = await cases.done(id, 'redrive', { reason }, 'engineer-1');
    const redrive = { command: 'review.assign', system: 'routing', side: 'legacy', state: 'waiting', tries: 0 };
    expect(asked).toMatchObject({
      ...{ state: 'open', dueAt: before.dueAt, assignedTo: null },
      redrive: { ...redrive, reason, askedBy: 'engineer-1', why: null, status: null, endedAt: null },
    });
    const { redrives, actions } = await cases.show(id);
    expect(redrives).toEqual([asked.redrive]);
    expect(actions.map(({ action, actor, details }) => [actor, action, details])).toEqual([
      ['engineer-1', 'redriven', { reason }],
    ]);
    expect(await cases.audited()).toEqual([`engineer-1 exception.redriven ${reason}`]);
  });

  it('has one on its way, whoever asks again, and answers a key as before', async () => {
    const id = await cases.open();
    const key = randomUUID();
    const first = await cases.done(id, 'redrive', { reason }, 'engineer-1', key);
    const again = await cases.done(id, 'redrive', { reason: 'fault-mended' });
    expect(again.redrive).toEqual(first.redrive);
    await db.query(`UPDATE redrive SET state = 'sent', ended_at = clock_timestamp()`);
    expect(await cases.done(id, 'redrive', { reason }, 'engineer-1', key)).toEqual(first);
    expect((await cases.show(id)).redrives).toHaveLength(1);
    expect(await cases.refused(id, 'redrive', { reason: 'fault-mended' }, 'engineer-1', key)).toEqual([
      409,
      'idempotency-key-reused',
    ]);
    await cases.done(id, 'redrive', { reason: 'not-carried-out' });
    expect((await cases.show(id)).redrives.map(({ state }) => state)).toEqual(['sent', 'waiting']);
  });

  it('is one whose handoff says which command that is, and on which side', async () => {
    await begin(FACTS_PLAN);
    const silent = await cases.act(await cases.open(), 'redrive', { reason });
    expect([silent.status, silent.body]).toMatchObject([
      409,
      { code: 'no-redrive', detail: expect.stringContaining("declare 'redrive' at the handoff") as string },
    ]);
    await begin(WITH_REDRIVE.replace('to: { legacy: routing }', 'to: { target: routing }'));
    expect(await cases.refused(await cases.open(), 'redrive', { reason })).toEqual([409, 'no-redrive']);
    await begin(WITH_REDRIVE);
    expect(await cases.refused(await cases.plant(1), 'redrive', { reason })).toEqual([409, 'no-redrive']);
  });

  it('is none that has ended or recovered, is asked for by a code alone, and by people', async () => {
    const [ended, recovered, open] = [await cases.open(1), await cases.open(2), await cases.open(3)];
    await cases.done(ended, 'resolve', { evidence: EVIDENCE });
    await db.query('UPDATE exception SET recovered_at = now() WHERE id = $1', [recovered]);
    expect(await cases.refused(ended, 'redrive', { reason })).toEqual([409, 'already-resolved']);
    expect(await cases.refused(recovered, 'redrive', { reason })).toEqual([409, 'already-recovered']);
    const answer = await cases.act(open, 'redrive', { reason: 'zebra waits' });
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([400, 'bad-request']);
    expect(answer.text + api.logged()).not.toContain('zebra');
    expect(await cases.refused(open, 'redrive', { reason }, 'gate-automation')).toEqual([403, 'role-missing']);
    expect((await cases.show(open)).redrives).toEqual([]);
  });

  it('recovers by the end that then comes, and by nothing before', async () => {
    const id = await cases.open();
    await cases.done(id, 'redrive', { reason });
    await db.query(`UPDATE redrive SET state = 'sent', status = 202, ended_at = clock_timestamp()`);
    expect((await cases.show(id)).exception).toMatchObject({ state: 'open', recoveredAt: null });
    await storeEvents(db, [eventToStore(cases.migration, { patient: 1, type: 'review.assigned' })]);
    // An end of before could still arrive: it counts once its lateness is over.
    await letTimePass(db, cases.migration, 2 * 60_000);
    await sweepAllDue(db);
    expect((await cases.show(id)).exception).toMatchObject({
      ...{ state: 'open', recoveredAt: expect.any(String) as string },
      ...{ recoveredBy: { type: 'review.assigned' }, redrive: { state: 'sent' } },
    });
  });

  it('is none once the patient is on the other side: nobody is told to act for whom they left', async () => {
    const { migration } = cases;
    const id = await cases.open();
    await db.query(
      `INSERT INTO placement (migration, phase, unit, cohort, side, epoch) VALUES ($1, 'payment', $2, 'everyone', 'target', 1)`,
      [migration, keys.subscription(1)],
    );
    const answer = await cases.act(id, 'redrive', { reason });
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([409, 'side-moved']);
    expect((await cases.show(id)).redrives).toEqual([]);
    await db.query(`UPDATE placement SET side = 'legacy' WHERE migration = $1`, [migration]);
    await cases.done(id, 'redrive', { reason });
  });

  it('asks for what has not come, where what came was of another time that it was missed', async () => {
    const id = await cases.open();
    const first = await startsOf(id);
    await storeEvents(db, [eventToStore(cases.migration, { patient: 1, type: 'review.assigned' })]);
    await payAgain();
    expect((await cases.show(id)).exception).toMatchObject({ occurrences: 2, recoveredAt: null });
    await cases.done(id, 'redrive', { reason });
    const { redrives, again } = await cases.show(id);
    expect(redrives.map(({ cause }) => cause)).toEqual([again[0]?.cause]);
    const bodies = await sentBodies(id);
    const starts = await startsOf(id);
    expect(starts).toHaveLength(2);
    expect(bodies.map(({ start }) => start?.id)).toEqual(starts.filter((one) => !first.includes(one)));
  });

  it('asks once for each time that it was missed and did not come, each by a key of its own', async () => {
    const id = await cases.open();
    const asked = await cases.done(id, 'redrive', { reason });
    await payAgain();
    await cases.done(id, 'redrive', { reason });
    const bodies = await sentBodies(id);
    expect(bodies.map(({ start }) => start?.id)).toEqual(await startsOf(id));
    expect(new Set(bodies.map(({ key }) => key)).size).toBe(2);
    const { redrives } = await cases.show(id);
    expect(redrives[0]).toEqual(asked.redrive);
    // Both on their way.
    await cases.done(id, 'redrive', { reason });
    expect((await cases.show(id)).redrives).toEqual(redrives);
  });

  it('is merged into none while its command is on its way, so that none is lost without a word', async () => {
    const [id, into] = [await cases.open(), await cases.plant(1)];
    await cases.done(id, 'redrive', { reason });
    const answer = await cases.act(id, 'merge', { into });
    expect([answer.status, answer.body]).toMatchObject([
      409,
      { code: 'cannot-merge', detail: expect.stringContaining('on its way') as string },
    ]);
    expect((await cases.show(id)).exception.state).toBe('open');
    await db.query(`UPDATE redrive SET state = 'sent', ended_at = clock_timestamp()`);
    await cases.done(id, 'merge', { into });
  });

  it('may be one of many, each answered for itself', async () => {
    const [one, two, reported] = [await cases.open(1), await cases.open(2), await cases.plant(3)];
    const answer = await cases.bulk({
      action: 'redrive',
      reason: 'lost-in-outage',
      filter: { queue: 'payment-not-routed' },
    });
    expect(answer).toMatchObject({ done: 2, refused: 1 });
    expect(answer.results).toContainEqual(expect.objectContaining({ exception: reported, code: 'no-redrive' }));
    for (const id of [one, two]) {
      expect((await cases.show(id)).redrives).toMatchObject([{ state: 'waiting', reason: 'lost-in-outage' }]);
    }
  });
});
