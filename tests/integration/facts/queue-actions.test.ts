import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { ExceptionEntry, ExceptionHistory } from '../../../domain/status/exception-page';
import type { QueueTally } from '../../../domain/status/migration-status';
import { readAudit } from '../../../store/audit-log';
import type { Database } from '../../../store/database';
import { LIST_EXCEPTIONS } from '../../../store/exception-pages';
import { storeEvents } from '../../../store/events';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { authorization, createFactsApi, type FactsActor, type FactsApi } from './facts-api';
import { FACTS_PLAN, startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys } from './test-stack';

const MINUTE = 60_000;
const EVIDENCE = [
  { step: 1, reference: 'charge:ch_19a' },
  { step: 2, reference: 'ticket-4711' },
];
const OPENS_ON = FACTS_PLAN.replace(
  '  - type: payment.retried\n',
  '  - type: payment.retried\n  - type: record.mismatched\n',
).replace(
  '  - { id: next-step-not-told',
  '  - { id: record-mismatch, owner: billing-operations, sla: 1h, path: [Compare], opensOn: [record.mismatched] }\n  - { id: next-step-not-told',
);

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
  await startMigrationOf(db, migration, 1, OPENS_ON);
});

/** A case in the queue of payments that were not routed; its number. */
async function openCase(patient = 1): Promise<string> {
  await storeEvents(db, [
    eventToStore(migration, { patient, type: 'payment.succeeded' }),
    eventToStore(migration, { patient, type: 'message.delivered' }),
  ]);
  await letTimePass(db, migration, 12 * MINUTE);
  await sweepAllDue(db);
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM exception WHERE migration = $1 AND subject = $2 AND queue = 'payment-not-routed'`,
    [migration, keys.patient(patient)],
  );
  return rows[0]?.id ?? '';
}

function post(id: string, action: string, body: object, as: FactsActor = 'support-lead-1', key?: string): request.Test {
  const sent = request(api.app)
    .post(`/v1/migrations/${migration}/exceptions/${id}/${action}`)
    .set(...authorization(as));
  return (key === undefined ? sent : sent.set('Idempotency-Key', key)).send(body);
}
async function done(
  id: string,
  action: string,
  body: object,
  ...more: [FactsActor?, string?]
): Promise<ExceptionEntry> {
  const answer = await post(id, action, body, ...more);
  expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
  return answer.body as ExceptionEntry;
}
async function refused(sent: request.Test): Promise<[number, string]> {
  const answer = await sent;
  return [answer.status, (answer.body as { code: string }).code];
}
async function show(id: string): Promise<ExceptionHistory> {
  const answer = await request(api.app)
    .get(`/v1/migrations/${migration}/exceptions/${id}`)
    .set(...authorization('support-lead-1'));
  expect(answer.status).toBe(200);
  return answer.body as ExceptionHistory;
}
async function board(queue: string): Promise<QueueTally | undefined> {
  const answer = await request(api.app)
    .get(`/v1/migrations/${migration}/queues`)
    .set(...authorization('support-lead-1'));
  return (answer.body as { queues: QueueTally[] }).queues.find((one) => one.queue === queue);
}
async function audited(): Promise<{ action: string; actor: string; reason: string | null; evidence: unknown }[]> {
  const { entries } = await readAudit(db, { migration, after: 0, limit: 100 });
  return entries
    .filter(({ action }) => /^exception\.(assigned|resolved|reopened)$/.test(action))
    .map(({ action, actor, reason, evidence }) => ({ action, actor, reason, evidence }));
}

describe('a case (I8)', () => {
  it('is taken, resolved step by step, reopened and resolved again, with who did what', async () => {
    const id = await openCase();
    expect(await done(id, 'assign', { to: 'engineer-1' })).toMatchObject({ assignedTo: 'engineer-1', state: 'open' });
    const resolved = await done(id, 'resolve', { evidence: EVIDENCE }, 'engineer-1');
    expect(resolved).toMatchObject({
      state: 'resolved',
      resolvedBy: 'engineer-1',
      overdue: false,
      steps: [
        { step: 1, what: 'Find the charge', reference: 'charge:ch_19a' },
        { step: 2, what: 'Send it again', reference: 'ticket-4711' },
      ],
    });
    await letTimePass(db, migration, 60 * MINUTE);
    const reopened = await done(id, 'reopen', { reason: 'The record is not there.' }, 'clinical-lead-1');
    expect(reopened).toMatchObject({ state: 'open', reopened: 1, resolvedBy: null, overdue: false });
    expect(reopened.steps.map(({ reference }) => reference)).toEqual([null, null]);
    // The SLA of half an hour begins anew.
    expect(Date.parse(reopened.dueAt) - Date.now()).toBeGreaterThan(25 * MINUTE);
    await done(id, 'resolve', { evidence: EVIDENCE });
    expect((await show(id)).actions.map(({ action, actor, details }) => [action, actor, details])).toEqual([
      ['assigned', 'support-lead-1', { to: 'engineer-1' }],
      ['resolved', 'engineer-1', { evidence: EVIDENCE }],
      ['reopened', 'clinical-lead-1', { reason: 'The record is not there.' }],
      ['resolved', 'support-lead-1', { evidence: EVIDENCE }],
    ]);
    const of = { exception: id, queue: 'payment-not-routed', handoff: 'payment-to-provider-routing' };
    expect(await audited()).toEqual([
      { action: 'exception.assigned', actor: 'support-lead-1', reason: null, evidence: { ...of, to: 'engineer-1' } },
      { action: 'exception.resolved', actor: 'engineer-1', reason: null, evidence: { ...of, evidence: EVIDENCE } },
      { action: 'exception.reopened', actor: 'clinical-lead-1', reason: 'The record is not there.', evidence: of },
      { action: 'exception.resolved', actor: 'support-lead-1', reason: null, evidence: { ...of, evidence: EVIDENCE } },
    ]);
  });

  it('is resolved by nobody without evidence for each step; the missing steps are named', async () => {
    const id = await openCase();
    const answer = await post(id, 'resolve', { evidence: [EVIDENCE[0]] });
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { code: 'evidence-missing', problems: [{ path: 'evidence.2', message: 'Step 2 has none: Send it again' }] },
    ]);
    expect(await refused(post(id, 'resolve', {}))).toEqual([400, 'evidence-missing']);
    expect((await show(id)).exception.state).toBe('open');
    expect(await audited()).toEqual([]);
  });

  it.each([
    'zebra@example.com',
    '415-555-0100',
    'zebra was told',
    'zebra',
    'Zebra-Miller-1984-03-12',
    'ssn:123-45-6789',
  ])('takes no reference that is none, and repeats none (%s)', async (reference) => {
    const id = await openCase();
    const answer = await post(id, 'resolve', { evidence: [{ step: 1, reference }, EVIDENCE[1]] });
    expect([answer.status, answer.body]).toMatchObject([
      400,
      { code: 'bad-request', problems: [{ path: 'evidence.0.reference' }] },
    ]);
    expect(answer.text + api.logged()).not.toContain(reference);
  });

  it('is resolved once where two people resolve it at the same moment: the other is told', async () => {
    const id = await openCase();
    const answers = await Promise.all(
      (['support-lead-1', 'engineer-1'] as const).map((actor) => post(id, 'resolve', { evidence: EVIDENCE }, actor)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const [won] = answers.filter(({ status }) => status === 200);
    const [lost] = answers.filter(({ status }) => status === 409);
    expect(lost?.body).toMatchObject({ code: 'already-resolved' });
    const { exception, actions } = await show(id);
    expect(exception.resolvedBy).toBe((won?.body as ExceptionEntry).resolvedBy);
    expect(actions).toHaveLength(1);
  });

  it('is done with once where a request is repeated, with its key or without one', async () => {
    const id = await openCase();
    const key = randomUUID();
    const first = await done(id, 'resolve', { evidence: EVIDENCE }, 'engineer-1', key);
    await done(id, 'reopen', { reason: 'Not yet.' }, 'engineer-1');
    // A late repetition does not close what was reopened since.
    expect(await done(id, 'resolve', { evidence: EVIDENCE }, 'engineer-1', key)).toEqual(first);
    expect((await show(id)).exception.state).toBe('open');
    await done(id, 'resolve', { evidence: EVIDENCE }, 'engineer-1');
    await done(id, 'resolve', { evidence: EVIDENCE }, 'engineer-1');
    await done(id, 'reopen', { reason: 'Not yet.' });
    await done(id, 'assign', { to: 'engineer-1' });
    await done(id, 'assign', { to: 'engineer-1' });
    expect((await show(id)).actions.map(({ action }) => action)).toEqual([
      ...['resolved', 'reopened', 'resolved', 'reopened', 'assigned'],
    ]);
  });

  it('keeps the key of what changed nothing: repeated late, it does not undo what a colleague did since', async () => {
    const id = await openCase();
    const [assign, resolve, reopen] = [randomUUID(), randomUUID(), randomUUID()];
    await done(id, 'assign', { to: 'engineer-1' });
    const assigned = await done(id, 'assign', { to: 'engineer-1' }, 'support-lead-1', assign);
    await done(id, 'assign', { to: 'clinical-lead-1' }, 'clinical-lead-1');
    expect(await done(id, 'assign', { to: 'engineer-1' }, 'support-lead-1', assign)).toEqual(assigned);
    expect((await show(id)).exception.assignedTo).toBe('clinical-lead-1');

    await done(id, 'resolve', { evidence: EVIDENCE }, 'engineer-1');
    const resolved = await done(id, 'resolve', { evidence: EVIDENCE }, 'engineer-1', resolve);
    await done(id, 'reopen', { reason: 'Not yet.' }, 'clinical-lead-1', reopen);
    expect(await done(id, 'resolve', { evidence: EVIDENCE }, 'engineer-1', resolve)).toEqual(resolved);
    expect((await show(id)).exception.state).toBe('open');

    await done(id, 'resolve', { evidence: EVIDENCE }, 'engineer-1');
    await done(id, 'reopen', { reason: 'Not yet.' }, 'clinical-lead-1', reopen);
    expect((await show(id)).exception.state).toBe('resolved');

    // Neither the record, nor the audit, nor the board counts what changed nothing.
    const actions = ['assigned', 'assigned', 'resolved', 'reopened', 'resolved'];
    expect((await show(id)).actions.map(({ action }) => action)).toEqual(actions);
    expect((await audited()).map(({ action }) => action)).toEqual(actions.map((action) => `exception.${action}`));
    expect((await board('payment-not-routed'))?.outflow).toEqual({ hour: 2, day: 2 });
  });

  it('takes a key that stood for what changed nothing for nothing else', async () => {
    const id = await openCase();
    const key = randomUUID();
    await done(id, 'assign', { to: 'engineer-1' });
    await done(id, 'assign', { to: 'engineer-1' }, 'support-lead-1', key);
    expect(await refused(post(id, 'assign', { to: 'clinical-lead-1' }, 'support-lead-1', key))).toEqual([
      409,
      'idempotency-key-reused',
    ]);
  });

  it('is not done with by a key that stood for something else', async () => {
    const [one, two] = [await openCase(1), await openCase(2)];
    const key = randomUUID();
    await done(one, 'assign', { to: 'engineer-1' }, 'support-lead-1', key);
    expect(await refused(post(two, 'assign', { to: 'engineer-1' }, 'support-lead-1', key))).toEqual([
      409,
      'idempotency-key-reused',
    ]);
    expect((await show(two)).exception.assignedTo).toBeNull();
    // Another actor's keys are that actor's.
    await done(two, 'assign', { to: 'engineer-1' }, 'clinical-lead-1', key);
  });

  it('refuses what does not fit', async () => {
    const id = await openCase();
    expect(await refused(post(id, 'reopen', { reason: 'Why not.' }))).toEqual([409, 'not-resolved']);
    expect(await refused(post(id, 'reopen', {}))).toEqual([400, 'bad-request']);
    expect(await refused(post(id, 'reopen', { reason: 'Write to a@example.com' }))).toEqual([400, 'bad-request']);
    expect(await refused(post(id, 'assign', { to: 'nobody-1' }))).toEqual([404, 'unknown-actor']);
    expect(await refused(post(id, 'assign', { to: 'gate-automation' }))).toEqual([404, 'unknown-actor']);
    expect(await refused(post(id, 'resolve', { evidence: EVIDENCE }, 'gate-automation'))).toEqual([
      403,
      'role-missing',
    ]);
    expect(await refused(post('999999', 'assign', { to: 'engineer-1' }))).toEqual([404, 'unknown-exception']);
    expect(await refused(post('zebra', 'assign', { to: 'engineer-1' }))).toEqual([404, 'unknown-exception']);
    await done(id, 'resolve', { evidence: EVIDENCE });
    expect(await refused(post(id, 'assign', { to: 'engineer-1' }))).toEqual([409, 'already-resolved']);
  });
});

describe('the board (R30)', () => {
  it('counts what is taken, what came in and what went out, in the last hour and the last day', async () => {
    const [first] = [await openCase(1), await openCase(2)];
    await done(first, 'resolve', { evidence: EVIDENCE });
    await db.query(`UPDATE exception_action SET at = at - interval '2 hours' WHERE migration = $1`, [migration]);
    await letTimePass(db, migration, 120 * MINUTE);
    const third = await openCase(3);
    await done(third, 'assign', { to: 'engineer-1' });
    expect(await board('payment-not-routed')).toMatchObject({
      ...{ open: 2, overdue: 1, assigned: 1, resolved: 1 },
      inflow: { hour: 1, day: 3 },
      outflow: { hour: 0, day: 1 },
    });
    expect((await board('payment-not-routed'))?.oldestAgeMs).toBeGreaterThan(120 * MINUTE);
    await done(first, 'reopen', { reason: 'Not yet.' });
    await done(first, 'resolve', { evidence: EVIDENCE });
    expect(await board('payment-not-routed')).toMatchObject({
      inflow: { hour: 2, day: 4 },
      outflow: { hour: 1, day: 2 },
    });
  });

  it('finds the open cases of a queue by an index, however many there are', async () => {
    await db.query(
      `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at)
       SELECT $1, 'many:' || n, 'queue-' || n % 20, 'ep_' || n, 'pat_' || n, 'care-coordination', clock_timestamp() + n * interval '1 second'
         FROM generate_series(1, 10000) n`,
      [migration],
    );
    await db.query('ANALYZE exception');
    const { rows } = await db.query<Record<string, unknown>>(`EXPLAIN (FORMAT JSON) ${LIST_EXCEPTIONS}`, [
      migration,
      'queue-7',
      'open',
      null,
      null,
      51,
    ]);
    const plan = JSON.stringify(rows);
    expect(plan).toContain('exception_open');
    expect(plan).not.toContain('Seq Scan');
  });
});

describe('an event that a queue opens a case on (I6, I8)', () => {
  const mismatched = (patient = 1) => ({
    ...eventToStore(migration, { patient, type: 'payment.retried' }),
    type: 'record.mismatched',
  });

  it('opens exactly one, with the owner and the SLA of its queue, however often it is sent and matched', async () => {
    const reported = mismatched();
    await storeEvents(db, [reported, reported]);
    await sweepAllDue(db);
    await storeEvents(db, [reported, eventToStore(migration, { patient: 1, type: 'payment.retried' })]);
    await sweepAllDue(db);
    const { rows } = await db.query(
      `SELECT cause, queue, owner, journey, subject, state, (extract(epoch FROM due_at - opened_at) / 60)::float8 AS sla
         FROM exception WHERE migration = $1`,
      [migration],
    );
    expect(rows).toEqual([
      {
        cause: `event:/legacy/billing:${reported.id}`,
        queue: 'record-mismatch',
        owner: 'billing-operations',
        journey: keys.episode(1),
        subject: keys.patient(1),
        state: 'open',
        sla: 60,
      },
    ]);
    const { entries } = await readAudit(db, { migration, after: 0, limit: 100 });
    expect(entries.filter(({ action }) => action === 'exception.opened')).toHaveLength(1);
    const { rows: events } = await db.query<{ disposition: string }>(
      'SELECT disposition FROM event WHERE migration = $1 ORDER BY seq',
      [migration],
    );
    expect(events.map(({ disposition }) => disposition)).toEqual(['matched', 'unlistened']);
  });

  it('opens one each for two events, whatever their sources and ids look like together', async () => {
    const one = { ...mismatched(), source: 'a:b', id: 'c' };
    const two = { ...mismatched(2), source: 'a', id: 'b:c' };
    await storeEvents(db, [one, two]);
    await sweepAllDue(db);
    expect(await board('record-mismatch')).toMatchObject({ open: 2 });
  });
});
