import request from 'supertest';
import { PAYMENT_PLAN } from './payment-plan';
import { startTestApi, type TestApi } from './running-api';

/** Stands for whatever somebody sends by mistake: a name, a note, an address. */
const CANARY = 'canary-7f3a9';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  const started = await api.as('release-manager-1').post('/v1/migrations', { plan: PAYMENT_PLAN, id: 'echo' });
  expect(started.status).toBe(201);
});
afterAll(() => api.stop());

const command = (name: string, body: unknown): request.Test =>
  api.as('release-manager-1').post(`/v1/migrations/echo/phases/payment/${name}`, body as object);
const event = (change: object): object => ({
  specversion: '1.0',
  id: 'e1',
  source: '/legacy/site',
  type: 'checkout.started',
  subject: 'pat_0000000000000001',
  journey: 'epi_0000000000000001',
  time: new Date().toISOString(),
  ...change,
});
const sendEvent = (content: unknown, type = 'application/cloudevents+json'): request.Test =>
  api.as('sandbox-stacks').post('/v1/events').type(type).send(JSON.stringify(content));
const askSide = (key: string, body: object): request.Test =>
  api.as('sandbox-stacks').post(`/ofrep/v1/evaluate/flags/${key}`, body);

/** Every place that something can be sent in, each with something that is refused. */
const REFUSED: [string, () => request.Test][] = [
  ['a token', () => request(api.url).get('/v1/migrations').set('Authorization', `Bearer ${CANARY}`)],
  ['a path', () => api.as('engineer-1').get(`/v1/${CANARY}`)],
  ['a path that cannot be decoded', () => api.as('engineer-1').get(`/v1/migrations/%E0${CANARY}`)],
  ["a migration's id", () => api.as('engineer-1').get(`/v1/migrations/${CANARY}`)],
  ["a phase's id", () => api.as('engineer-1').post(`/v1/migrations/echo/phases/${CANARY}/pause`, {})],
  ['a query', () => api.as('engineer-1').get(`/v1/migrations/echo/audit?after=${CANARY}`)],
  ['a name in a query', () => api.as('engineer-1').get(`/v1/migrations/echo/audit?${CANARY}=1`)],
  ['a queue', () => api.as('engineer-1').get(`/v1/migrations/echo/exceptions?queue=${CANARY}&state=${CANARY}`)],
  ['a scope', () => api.as('engineer-1').get(`/v1/migrations/echo/phases/payment/rollback-preview?scope=${CANARY}`)],
  ['a cohort', () => command('pause', { cohort: CANARY })],
  ['a gate', () => api.as('engineer-1').get(`/v1/migrations/echo/phases/payment/gates?gate=${CANARY}`)],
  [
    'a gate to override',
    () => command(`gates/${CANARY}/override`, { cohort: 'pilot-states', verdict: 'noData', reason: 'r' }),
  ],
  ['a verdict', () => command('gates/routing-floor/override', { cohort: CANARY, verdict: CANARY, reason: 'r' })],
  [
    'the number of an override',
    () => api.as('engineer-1').post(`/v1/migrations/echo/gate-overrides/${CANARY}/withdraw`, {}),
  ],
  ['a reason', () => command('pause', { reason: `${CANARY} jane@${CANARY}.example` })],
  ['an epoch', () => command('pause', { epoch: CANARY })],
  ['evidence', () => command('approve', { evidence: `${CANARY} ${CANARY}` })],
  ['a scope of a rollback', () => command('rollback', { scope: CANARY })],
  ['a field', () => command('pause', { [CANARY]: CANARY })],
  ['malformed JSON', () => api.as('release-manager-1').post('/v1/migrations').type('json').send(`{"plan":"${CANARY}`)],
  [
    'JSON of another shape',
    () => api.as('release-manager-1').post('/v1/migrations').type('json').send(`["${CANARY}"]`),
  ],
  ['a large body', () => command('pause', { reason: CANARY.repeat(3_000) })],
  ['a media type', () => api.as('release-manager-1').post('/v1/migrations').type(`text/${CANARY}`).send(CANARY)],
  ['an Idempotency-Key', () => command('pause', {}).set('Idempotency-Key', `${CANARY} ${CANARY}`)],
  [
    'an id to start',
    () => api.as('release-manager-1').post('/v1/migrations', { plan: PAYMENT_PLAN, id: `${CANARY} x` }),
  ],
  ['a time scale', () => api.as('release-manager-1').post('/v1/migrations', { plan: PAYMENT_PLAN, timeScale: CANARY })],
  [
    'a value of a plan',
    () =>
      api
        .as('release-manager-1')
        .post('/v1/migrations', { plan: PAYMENT_PLAN.replace('soak: 14d', `soak: ${CANARY}`) }),
  ],
  ['no plan at all', () => api.as('engineer-1').post('/v1/plans/lint').type('text/yaml').send(`${CANARY} ${CANARY}`)],
  [
    'an event that is no JSON',
    () => api.as('sandbox-stacks').post('/v1/events').type('application/cloudevents+json').send(`{"${CANARY}`),
  ],
  ["an event's type", () => sendEvent(event({ type: CANARY }))],
  ["an event's source", () => sendEvent(event({ source: `/${CANARY}` }))],
  ["an event's subject", () => sendEvent(event({ subject: CANARY }))],
  ["an event's journey", () => sendEvent(event({ journey: CANARY }))],
  ["an event's time", () => sendEvent(event({ time: CANARY }))],
  ["an event's migration", () => sendEvent(event({ migration: CANARY }))],
  [
    "an event's data",
    () =>
      sendEvent(event({ type: 'payment.succeeded', data: { amountCents: CANARY, [CANARY]: CANARY, program: CANARY } })),
  ],
  ['an event of a batch', () => sendEvent([event({ type: CANARY }), CANARY], 'application/cloudevents-batch+json')],
  // OFREP answers a well-formed key with itself.
  ['a flag', () => askSide(`${CANARY}%20${CANARY}`, { context: { targetingKey: 'epi_0000000000000001' } })],
  ['a targeting key', () => askSide('echo.payment', { context: { targetingKey: CANARY } })],
  [
    'an attribute of a context',
    () => askSide('echo.payment', { context: { targetingKey: 'epi_0000000000000001', state: { [CANARY]: CANARY } } }),
  ],
  ['a context', () => askSide('echo.payment', { context: CANARY })],
  [
    'an origin',
    () =>
      request(api.url)
        .options('/ofrep/v1/evaluate/flags')
        .set('Origin', `https://${CANARY}.example`)
        .set('Access-Control-Request-Method', 'POST'),
  ],
  ['the address of a stream', () => request(api.url).get(`/ofrep/v1/changes?access=${CANARY}`)],
];

describe('I15 nothing that was refused is said again', () => {
  it.each(REFUSED)('%s is in no answer and in no log', async (_what, send) => {
    const answer = await send();
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    const plainKey = CANARY.replaceAll('-', '');
    for (const text of [answer.text, JSON.stringify(answer.headers), api.log()]) {
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain(plainKey);
    }
    // It says what to do all the same.
    const said = answer.body as { detail?: string; errorDetails?: string; refused?: object[] };
    expect((said.detail ?? said.errorDetails ?? JSON.stringify(said.refused)).length).toBeGreaterThan(20);
  });

  it('is in no metric and in no table of the database, and neither is what an event carries beyond its contract', async () => {
    const carrying = await sendEvent(event({ [CANARY.replaceAll('-', '')]: CANARY }));
    expect(carrying.status).toBe(200);
    expect((await request(api.url).get('/metrics')).text).not.toContain(CANARY);
    const { rows: tables } = await api.db.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) {
      const { rows } = await api.db.query<{ found: boolean }>(
        `SELECT bool_or(position($1 IN t::text) > 0) AS found FROM "${name}" t`,
        [CANARY],
      );
      expect([name, rows[0]?.found ?? false]).toEqual([name, false]);
    }
  });
});

describe('a failure that nobody foresaw', () => {
  it('is answered with a correlation id, and logged under it without what was received', async () => {
    const broken = await startTestApi();
    try {
      await broken.db.query('ALTER TABLE audit RENAME TO audit_elsewhere');
      await broken.db.query(`INSERT INTO plan (hash, document, source) VALUES ('h', '{"phases":[]}', '')`);
      await broken.db.query(
        `INSERT INTO migration (id, plan_hash, salt, time_scale, state, started_by) VALUES ('broken', 'h', 's', 1, 'live', 'engineer-1')`,
      );
      const answer = await broken.as('engineer-1').get('/v1/migrations/broken/audit');
      expect(answer.status).toBe(500);
      const { code, correlationId } = answer.body as { code: string; correlationId: string };
      expect(code).toBe('internal-error');
      const line = broken
        .log()
        .split('\n')
        .find((logged) => logged.includes(correlationId));
      expect(JSON.parse(line ?? '{}')).toMatchObject({
        route: '/v1/migrations/:migration/audit',
        failure: { code: '42P01' },
      });
      expect(line).not.toContain('does not exist');
    } finally {
      await broken.stop();
    }
  });
});
