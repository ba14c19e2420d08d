import pino from 'pino';
import { syntheticSide } from '../../../domain/sides/synthetic-key';
import { loadPlan } from '../../../domain/plan/load-plan';
import { savePlan } from '../../../store/plans';
import { createSplit, changeSplit } from '../../../store/splits';
import type { SourceConnection } from '../../../worker/sources-file';
import { startSyntheticPatients } from '../../../worker/synthetic-patients';
import type { Repeating } from '../../../worker/repeat-until-stopped';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import {
  startLocalHttpServer,
  type LocalHttpServer,
  type OneBehaviour,
  type ReceivedRequest,
} from '../local-http-server';
import { PAYMENT, PLAN_TEXT, startMigration } from '../sides/started-migration';

const LEASE = 600_000;
const RULE = 'rule: { kind: floor, atLeast: 90%, minimumOutcomes: 20 }';

/** The first gate's figures are of synthetic patients, who pay and wait for a review. */
function planWith(times: string, legacy = ''): string {
  return PLAN_TEXT.replace(
    RULE,
    `${RULE}
        source:
          kind: synthetic
          connection: journey
          ${times}
          steps:
            - { post: /v1/payments, body: { key: $key, patient.state: CO, amountCents: 4900, test: true }, status: 201 }
            - { get: /v1/reviews/$key?of=$key, holds: state = 'assigned' }${legacy}`,
  );
}

const logger = pino({ level: 'silent' });
let database: TestDatabase;
let stack: LocalHttpServer;
let running: Repeating[];

beforeEach(async () => {
  database = await createTestDatabase();
  stack = await startLocalHttpServer();
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await stack.stop().catch(() => undefined);
  await database.drop();
});

/** A stack that takes payments, and has a review ready once somebody has asked for it so often before. */
function healthy(askedBefore = 0): (request: ReceivedRequest) => OneBehaviour {
  const asked = new Map<string, number>();
  return ({ method, path }) => {
    if (method === 'POST') return { status: 201, body: '{}' };
    const before = asked.get(path) ?? 0;
    asked.set(path, before + 1);
    return { status: 200, body: JSON.stringify({ state: before < askedBefore ? 'waiting' : 'assigned' }) };
  };
}

const times = (every: string, timeout: string, more = ''): string =>
  `every: ${every}\n          timeout: ${timeout}${more && `\n          ${more}`}`;

/** One sets out as soon as somebody looks, and no other while a test runs; an answer may take its time. */
const ONE = times('1h', '30s');

async function open(how = ONE, legacy = ''): Promise<void> {
  const planText = planWith(how, legacy);
  const { db } = database;
  const key = { migration: await startMigration(db, { planText }), ...PAYMENT };
  await createSplit(db, { ...key, lease: LEASE });
  const change = { ...key, expectedEpoch: 1, share: 10_000, perDay: null, mode: 'open', lease: LEASE } as const;
  await changeSplit(db, { ...change, newAttempt: true, cause: 'raised' });
}

function connection(more: Partial<Extract<SourceConnection, { kind: 'synthetic' }>> = {}): SourceConnection {
  return { name: 'journey', kind: 'synthetic', target: { url: `${stack.url}/api/`, token: 'of-the-test' }, ...more };
}

function start(connections: SourceConnection[] = [connection()], unreadable?: string): void {
  const plans = new Map<string, Promise<ReturnType<typeof loadPlan>['plan']>>();
  const planOf = async (hash: string): Promise<ReturnType<typeof loadPlan>['plan']> => {
    if (hash === unreadable) throw new Error('A plan that cannot be read.');
    const known =
      plans.get(hash) ??
      database.db
        .query<{ source: string }>('SELECT source FROM plan WHERE hash = $1', [hash])
        .then(({ rows }) => loadPlan(rows[0]?.source ?? '').plan);
    plans.set(hash, known);
    return known;
  };
  running.push(startSyntheticPatients({ db: database.db, logger, connections, planOf, lookEvery: 20 }));
}

interface Run {
  side: string;
  outcome: string | null;
  step: number | null;
  why: string | null;
  status: number | null;
  took_ms: number | null;
}

async function ended(): Promise<Run[]> {
  const { rows } = await database.db.query<Run & Record<string, unknown>>(
    'SELECT side, outcome, step, why, status, took_ms FROM synthetic_run WHERE ended_at IS NOT NULL ORDER BY began_at',
  );
  return rows;
}

function firstEnd(): Promise<Run> {
  return until('a run has ended', async () => (await ended())[0]);
}

describe('a synthetic patient', () => {
  it('goes through the steps with a fresh key of its own, and nothing else put in', async () => {
    stack.behave(healthy());
    await open(times('5s', '5s'));
    start();
    expect(await firstEnd()).toMatchObject({ side: 'target', outcome: 'kept', step: null, why: null, status: 200 });
    const pays = stack.received.find(({ method }) => method === 'POST');
    expect(pays).toMatchObject({ method: 'POST', path: '/api/v1/payments' });
    const body = JSON.parse(pays?.body ?? '') as { key: string };
    expect(body).toEqual({ key: body.key, patient: { state: 'CO' }, amountCents: 4900, test: true });
    expect(syntheticSide(body.key)).toBe('target');
    expect(body.key).toMatch(/^epi_/);
    const looks = stack.received.filter(({ method, path }) => method === 'GET' && path.includes(body.key));
    expect(looks).toMatchObject([{ path: `/api/v1/reviews/${body.key}?of=${body.key}` }]);
    expect(pays?.headers.authorization).toBe('Bearer of-the-test');
    await until('another one comes', () => stack.received.length >= 4);
    const keys = stack.received
      .filter(({ method }) => method === 'POST')
      .map((one) => (JSON.parse(one.body) as typeof body).key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each<[string, OneBehaviour, Partial<Run>]>([
    ['cuts the connection', 'hangUp', { why: 'unreachable', step: 1, status: null }],
    ['does not answer in time', 'silent', { why: 'late', step: 1, status: null }],
    ['never ends its answer', 'endlessBody', { why: 'late', step: 1, status: 200 }],
    ['fails', { status: 503 }, { why: 'status', step: 1, status: 503 }],
    ['sends us elsewhere', { status: 302, headers: { location: '/' } }, { why: 'status', step: 1, status: 302 }],
    ['refuses a patient', { status: 403 }, { why: 'status', step: 1, status: 403 }],
  ])('is missed by a stack that %s', async (_, behaviour, end) => {
    stack.behave(behaviour);
    await open(behaviour === 'silent' || behaviour === 'endlessBody' ? times('1h', '3s') : ONE);
    start();
    expect(await firstEnd()).toMatchObject({ outcome: 'missed', ...end });
  });

  it.each<[string, string, Partial<Run>]>([
    ['something else', '{"state":"waiting"}', { why: 'notHeld' }],
    ['text that is no JSON', '<html>assigned</html>', { why: 'notJson' }],
    ['more than anybody asked for', `"${'a'.repeat(1_100_000)}"`, { why: 'tooLong' }],
  ])('is missed by an answer of %s, in its step', async (_, text, end) => {
    stack.behave(({ method }) => (method === 'POST' ? { status: 201 } : { status: 200, body: text }));
    await open();
    start();
    expect(await firstEnd()).toMatchObject({ outcome: 'missed', step: 2, status: 200, ...end });
  });

  it('is missed by a stack that refuses connections, and kept again when that is back', async () => {
    stack.behave(healthy());
    const gone = await startLocalHttpServer();
    await gone.stop();
    await open(times('5s', '5s'));
    start([connection({ target: { url: gone.url } })]);
    expect(await firstEnd()).toMatchObject({ outcome: 'missed', why: 'unreachable', step: 1 });
    await running.pop()?.stop();
    start();
    await until('one gets through', async () => (await ended()).some(({ outcome }) => outcome === 'kept'));
  });

  it('waits for the end of the handoff for as long as the plan says, and no longer', async () => {
    stack.behave(healthy(2));
    await open(times('1h', '30s', 'until: 30s'));
    start();
    expect(await firstEnd()).toMatchObject({ outcome: 'kept' });
    expect(stack.received.filter(({ method }) => method === 'GET').length).toBeGreaterThanOrEqual(3);
  });

  it('is missed where that does not come about', async () => {
    stack.behave(healthy(Infinity));
    await open(times('1h', '30s', 'until: 1s'));
    start();
    const end = await firstEnd();
    expect(end).toMatchObject({ outcome: 'missed', step: 2, why: 'notHeld', status: 200 });
    expect(end.took_ms).toBeGreaterThanOrEqual(1_000);
  });

  it('says nothing of patients where the stack does not take our credentials', async () => {
    stack.behave({ status: 401 });
    await open();
    start();
    expect(await firstEnd()).toMatchObject({ outcome: 'untried', why: 'credentials', status: 401 });
  });

  it('goes through legacy too where the plan asks for it, each stack by its own address and steps', async () => {
    const old = await startLocalHttpServer();
    stack.behave(healthy());
    await open(undefined, '\n          legacy:\n            - { get: /old/$key, status: 200 }');
    start([connection({ legacy: { url: old.url } })]);
    await until('both have ended', async () => new Set((await ended()).map(({ side }) => side)).size === 2);
    const [asked] = old.received;
    expect(syntheticSide(asked?.path.replace('/old/', '') ?? '')).toBe('legacy');
    expect(asked?.headers.authorization).toBeUndefined();
    await old.stop();
  });

  it('is sent by one worker of several, each time', async () => {
    stack.behave(healthy());
    await open(times('3s', '3s'));
    start();
    start();
    start();
    await until('three have ended', async () => (await ended()).length >= 3);
    // No other sets out, and those under way come to their end.
    await database.db.query('UPDATE split SET share = 0');
    const counts = await until('all to have ended', async () => {
      const { rows } = await database.db.query<{ runs: number; moments: number; over: number }>(
        'SELECT count(*)::int AS runs, count(DISTINCT due_at)::int AS moments, count(ended_at)::int AS over FROM synthetic_run',
      );
      return rows[0]?.runs === rows[0]?.over && rows[0];
    });
    expect(counts.runs).toBe(counts.moments);
    expect(stack.received.filter(({ method }) => method === 'POST')).toHaveLength(counts.runs);
  });

  it('is left to a worker that has the connection', async () => {
    stack.behave(healthy());
    await open();
    start([]);
    start([connection({ name: 'another' })]);
    start();
    expect(await firstEnd()).toMatchObject({ outcome: 'kept' });
    await Promise.all(running.map((one) => one.stop()));
    expect((await ended()).every(({ outcome }) => outcome === 'kept' || outcome === 'lost')).toBe(true);
  });

  it('is of the version of the plan that its cohort goes by, whatever the migration has by now and another one cannot say', async () => {
    stack.behave(healthy());
    await open();
    const { db } = database;
    const unreadable = await startMigration(db, {
      id: 'another',
      planText: PLAN_TEXT.replace('atLeast: 90%', 'atLeast: 91%'),
    });
    const key = { migration: unreadable, ...PAYMENT };
    await createSplit(db, { ...key, lease: LEASE });
    await changeSplit(db, {
      ...{
        ...key,
        expectedEpoch: 1,
        share: 10_000,
        perDay: null,
        mode: 'open',
        lease: LEASE,
        newAttempt: true,
        cause: 'raised',
      },
    });
    const { plan, hash } = loadPlan(PLAN_TEXT);
    await savePlan(db, { hash, plan, source: PLAN_TEXT });
    await db.query(
      `INSERT INTO cohort_run (migration, phase, cohort, revision, run)
       SELECT id, $1, $2, 1, jsonb_build_object('planHash', plan_hash) FROM migration WHERE id <> 'another'`,
      [PAYMENT.phase, PAYMENT.cohort],
    );
    await db.query(`UPDATE migration SET plan_hash = $1 WHERE id <> 'another'`, [hash]);
    start([connection()], loadPlan(PLAN_TEXT.replace('atLeast: 90%', 'atLeast: 91%')).hash);
    expect(await firstEnd()).toMatchObject({ outcome: 'kept' });
  });

  it('is lost, and no miss, where its worker stops in the middle', async () => {
    stack.behave('silent');
    await open();
    start();
    await until('it is under way', () => stack.received.length === 1);
    await running.pop()?.stop();
    expect(await ended()).toMatchObject([{ outcome: 'lost', why: 'stopped' }]);
  });
});
