import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store/database';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { storeEvents } from '../../../store/events';
import { createFactsApi, type FactsApi } from './facts-api';
import { EVIDENCE, FactsCases } from './facts-cases';
import { FACTS_PLAN, startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore } from './test-stack';

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
