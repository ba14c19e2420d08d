import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import type { FilledIn } from '../../../domain/plan/load-plan';
import { until } from '../../setup/until';
import { PAYMENT_PLAN } from './payment-plan';
import { startTestApi, type TestApi } from './running-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const problem = (
  answer: request.Response,
): { code: string; detail: string; problems?: { path: string; line?: number }[] } => {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  return answer.body as { code: string; detail: string };
};

describe('what the API answers to what it cannot use', () => {
  it('404 to a path that it does not know', async () => {
    const answer = await api.as('engineer-1').get('/v1/nothing-here');
    expect([answer.status, problem(answer).code]).toEqual([404, 'unknown-route']);
  });

  it.each([
    ['put', '/v1/migrations', 'GET, POST'],
    ['delete', '/v1/migrations/some', 'GET'],
    ['get', '/v1/plans/lint', 'POST'],
    ['get', '/v1/migrations/some/phases/payment/rollback', 'POST'],
    ['post', '/healthz', 'GET, HEAD'],
    ['get', '/v1/events', 'POST, OPTIONS'],
  ] as const)('405 to %s %s, with the methods that it takes', async (method, path, allowed) => {
    const answer = await request(api.url)[method](path);
    expect([answer.status, problem(answer).code, answer.headers['allow']]).toEqual([
      405,
      'method-not-allowed',
      allowed,
    ]);
  });

  it('400 to a body that is no JSON', async () => {
    const answer = await api.as('release-manager-1').post('/v1/migrations').type('json').send('{ "plan": ');
    expect([answer.status, problem(answer).code]).toEqual([400, 'malformed-json']);
  });

  it.each([
    ['/v1/migrations', 'application/json', JSON.stringify({ plan: 'x'.repeat(1_200_000) })],
    ['/v1/plans/lint', 'text/yaml', 'x'.repeat(1_200_000)],
    ['/v1/migrations/some/phases/payment/pause', 'application/json', JSON.stringify({ reason: 'x'.repeat(20_000) })],
  ])('413 to a body that is too large for %s', async (path, type, body) => {
    const answer = await api.as('release-manager-1').post(path).type(type).send(body);
    expect([answer.status, problem(answer).code]).toEqual([413, 'body-too-large']);
  });

  it('413 to a small body that unpacks to a large one', async () => {
    const packed = gzipSync(JSON.stringify({ plan: 'x'.repeat(20_000_000) }));
    expect(packed.length).toBeLessThan(100_000);
    const answer = await fetch(`${api.url}/v1/migrations`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${api.tokens['release-manager-1']}`,
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
      },
      body: packed,
    });
    expect(answer.status).toBe(413);
  });

  it('415 to a body of another kind', async () => {
    const answer = await api.as('release-manager-1').post('/v1/migrations').type('text/csv').send('a,b');
    expect([answer.status, problem(answer).code]).toEqual([415, 'unsupported-media-type']);
  });

  it('400 to a body with several faults, listing every one', async () => {
    const answer = await api
      .as('release-manager-1')
      .post('/v1/migrations', { id: 'Not An Id', timeScale: 0.5, colour: 1 });
    expect(answer.status).toBe(400);
    expect((problem(answer).problems ?? []).map(({ path }) => path).sort()).toEqual([
      'body',
      'id',
      'plan',
      'timeScale',
    ]);
  });

  it('400 to a path that is no UTF-8', async () => {
    const answer = await api.as('engineer-1').get('/v1/migrations/%E0%A4%A');
    expect(answer.status).toBe(400);
  });

  it.each(['%00', 'UPPER', 'a'.repeat(300), "x'; DROP TABLE migration; --"])(
    '404 to a migration that cannot be: %s',
    async (id) => {
      const path = id.includes('%') ? id : encodeURIComponent(id);
      const answer = await api.as('engineer-1').get(`/v1/migrations/${path}`);
      expect([answer.status, problem(answer).code]).toEqual([404, 'unknown-migration']);
    },
  );

  it.each(['after=-1', 'limit=0', 'limit=1001', 'limit=ten', 'nonsense=1'])(
    '400 to an audit page that cannot be: %s',
    async (query) => {
      await seedMigration();
      const answer = await api.as('engineer-1').get(`/v1/migrations/seeded/audit?${query}`);
      expect([answer.status, problem(answer).code]).toEqual([400, 'bad-request']);
    },
  );

  it('answers under the headers of helmet, and is never kept by a cache', async () => {
    const { headers } = await api.as('engineer-1').get('/v1/migrations');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('lets go of a client that sends its head by the drop', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    let received = '';
    let closed = false;
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.on('close', () => (closed = true));
    socket.write('POST /v1/migrations HTTP/1.1\r\nHost: api\r\n');
    const drip = setInterval(() => {
      if (!socket.destroyed) socket.write('X-Drop: 1\r\n');
    }, 500);
    try {
      await until('the connection is closed', () => closed);
    } finally {
      clearInterval(drip);
      socket.destroy();
    }
    expect(received).toContain('408');
  });
});

it('keeps a connection without a request for longer than balancers do (60 s): they end it, never the API at the moment of a question', async () => {
  const answer = await request(api.url).get('/healthz').set('Connection', 'keep-alive');
  expect(answer.headers['keep-alive']).toBe('timeout=75');
});

describe('POST /v1/plans/lint', () => {
  const lint = (yaml: string): request.Test => api.as('engineer-1').post('/v1/plans/lint').type('text/yaml').send(yaml);

  it('gives the hash of a good plan', async () => {
    const answer = await lint(PAYMENT_PLAN);
    expect(answer.status).toBe(200);
    expect((answer.body as { hash: string }).hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says what the plan left out and its parts brought along, where that is', async () => {
    const text = PAYMENT_PLAN.replace('    sla: 2h\n', '');
    const line = text.split('\n').indexOf('  - id: payment-not-routed') + 1;
    const { filled } = (await lint(text)).body as { filled: FilledIn[] };
    expect(filled).toEqual([{ line, column: 5, path: 'queues[0]', what: ['the SLA'] }]);
    expect(((await lint(PAYMENT_PLAN)).body as { filled: FilledIn[] }).filled).toEqual([]);
  });

  it('lists everything that is wrong with a bad one at once, with line and column', async () => {
    const bad = PAYMENT_PLAN.replace('within: 10m', 'within: soon')
      .replace('count: 2', 'count: 0')
      .replace('unit: episode', 'unit: dog');
    const answer = await lint(bad);
    expect([answer.status, problem(answer).code]).toEqual([400, 'bad-plan']);
    const problems = problem(answer).problems ?? [];
    expect(problems.length).toBeGreaterThanOrEqual(3);
    for (const text of ['within: soon', 'count: 0', 'unit: dog']) {
      const line = bad.split('\n').findIndex((candidate) => candidate.includes(text)) + 1;
      expect(problems.map((one) => one.line)).toContain(line);
    }
  });

  it.each(['', ': : :', 'null', '[]', 'apiVersion: warm-handoff/v9'])('refuses %j with a place', async (yaml) => {
    const answer = await lint(yaml);
    expect([answer.status, problem(answer).code]).toEqual([400, 'bad-plan']);
    expect(problem(answer).problems?.[0]?.line).toBeGreaterThanOrEqual(1);
  });
});

describe('/metrics', () => {
  it('times requests by the pattern of their route, and holds no path, id or key', async () => {
    await api.as('engineer-1').get('/v1/migrations/canary-of-a-path');
    await api.as('engineer-1').get('/canary/of/no/route?canary=1');
    await request(api.url).get('/v1/migrations/canary-without-token');
    const { text, headers } = await request(api.url).get('/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain/);
    const counted = text.split('\n').filter((line) => line.startsWith('handoff_http_request_duration_seconds_count{'));
    const countOf = (...labels: string[]): string[] =>
      counted.filter((line) => labels.every((label) => line.includes(label)));
    expect(countOf('method="GET"', 'route="/v1/migrations/:migration"', 'status="404"')).toHaveLength(1);
    expect(countOf('method="GET"', 'route="none"', 'status="404"')).toHaveLength(1);
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).not.toContain('canary');
  });
});

async function seedMigration(): Promise<void> {
  await api.db.query(
    `INSERT INTO plan (hash, document, source) VALUES ('h', '{"phases":[]}', '') ON CONFLICT DO NOTHING`,
  );
  await api.db.query(
    `INSERT INTO migration (id, plan_hash, salt, time_scale, state, started_by) VALUES ('seeded', 'h', 's', 1, 'ended', 'engineer-1')
     ON CONFLICT DO NOTHING`,
  );
}
