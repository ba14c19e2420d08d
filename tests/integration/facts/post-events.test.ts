import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import request, { type Response } from 'supertest';
import { syntheticKey } from '../../../domain/sides/synthetic-key';
import type { Database } from '../../../store/database';
import { countEvents, storeEvents } from '../../../store/events';
import { endMigration } from '../../../store/migration-records';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { createFactsApi, type FactsApi } from './facts-api';
import { FACTS_PLAN, startMigrationOf } from './facts-plan';
import { sweepAllDue } from './sweep-all-due';
import { cloudEvent, eventToStore, keys } from './test-stack';

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const CANARY = 'zebra-canary';

let database: TestDatabase;
let db: Database;
let api: FactsApi;
let migration: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  await startMigrationOf(db, migration);
  api = await createFactsApi(db);
});
afterEach(() => endMigration(db, migration));

const paid = (more: object = {}) => ({ ...cloudEvent({ patient: 1, type: 'payment.succeeded' }), ...more });
const post = (type: string, body: unknown) =>
  request(api.app)
    .post('/v1/events')
    .set('content-type', type)
    .send(typeof body === 'string' ? body : JSON.stringify(body));
const stored = async () => (await countEvents(db, migration)).stored;

function expectProblem(response: Response, status: number, code: string): void {
  expect(response.status).toBe(status);
  expect(response.type).toBe('application/problem+json');
  expect(response.body).toMatchObject({ type: `urn:warm-handoff:${code}`, status, code });
  const { detail } = response.body as { detail: string };
  expect(detail.length).toBeGreaterThan(20);
}

describe('what happened longer ago than the plan keeps events', () => {
  const DAY = 86_400_000;
  const ago = (days: number): string => new Date(Date.now() - days * DAY).toISOString();
  const parts = async (): Promise<string[]> => {
    const { rows } = await db.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event'::regclass ORDER BY name`,
    );
    return rows.map(({ name }) => name);
  };
  beforeEach(async () => {
    await endMigration(db, migration);
    migration = `facts-${randomUUID()}`;
    await startMigrationOf(
      db,
      migration,
      1,
      FACTS_PLAN.replace('handoffs:\n', 'retention: { events: 30d }\nhandoffs:\n'),
    );
    api = await createFactsApi(db);
  });

  it('is refused by name with the limit, makes no month of its own, and what is younger is taken', async () => {
    const before = await parts();
    for (const time of [ago(31), '1970-01-01T00:00:00Z']) {
      const response = await post(STRUCTURED, paid({ time }));
      expectProblem(response, 400, 'event-too-old');
      expect((response.body as { detail: string }).detail).toContain('30 days');
    }
    const batch = await post(BATCH, [paid({ time: ago(400) }), paid({ time: ago(29) }), paid({ time: undefined })]);
    expect([batch.status, batch.body]).toMatchObject([
      207,
      { stored: 2, duplicates: 0, refused: [{ index: 0, code: 'event-too-old' }] },
    ]);
    expect(await stored()).toBe(2);
    expect(await parts()).toEqual(before);
  });

  it('is answered as a duplicate where it was stored before, and as reused where it says something else (I5)', async () => {
    const told = { patient: 1, type: 'payment.succeeded', id: 'evt-late', time: Date.now() - 31 * DAY };
    const event = cloudEvent(told);
    await storeEvents(db, [eventToStore(migration, told)]);
    const again = await post(STRUCTURED, event);
    expect([again.status, again.body]).toEqual([200, { stored: 0, duplicates: 1, refused: [] }]);
    expectProblem(await post(STRUCTURED, { ...event, time: ago(32) }), 409, 'event-id-reused');
    expect(await stored()).toBe(1);
  });
});

describe('POST /v1/events', () => {
  it('stores one event in structured mode, and knows it again', async () => {
    const event = paid();
    const first = await post('Application/CloudEvents+JSON; charset=utf-8', event);
    expect([first.status, first.body]).toEqual([200, { stored: 1, duplicates: 0, refused: [] }]);
    const again = await post(STRUCTURED, event);
    expect([again.status, again.body]).toEqual([200, { stored: 0, duplicates: 1, refused: [] }]);
    expect(await stored()).toBe(1);
  });

  it('stores one event in binary mode, its attributes percent-decoded once', async () => {
    const { data, ...attributes } = paid();
    const sending = request(api.app).post('/v1/events').set('content-type', 'application/json');
    for (const [name, value] of Object.entries({ ...(attributes as Record<string, string>), id: 'binary%2D1' })) {
      void sending.set(`ce-${name}`, value);
    }
    const response = await sending.send(JSON.stringify(data));
    expect(response.body).toEqual({ stored: 1, duplicates: 0, refused: [] });
    const { rows } = await db.query('SELECT id FROM event WHERE migration = $1', [migration]);
    expect(rows).toEqual([{ id: 'binary-1' }]);
  });

  it('takes a compressed body', async () => {
    const body = gzipSync(JSON.stringify([paid(), paid()]));
    const response = await request(api.app)
      .post('/v1/events')
      .set('content-type', BATCH)
      .set('content-encoding', 'gzip')
      .serialize((sent: unknown) => sent as string)
      .send(body);
    expect(response.body).toMatchObject({ stored: 2 });
  });

  it('stores the good ones of a batch with a bad one, and names that by its index and a code', async () => {
    const { source: _, ...withoutSource } = paid();
    const response = await post(BATCH, [paid(), withoutSource, 7, paid(), paid({ type: CANARY })]);
    expect(response.status).toBe(207);
    expect(response.body).toEqual({
      stored: 2,
      duplicates: 0,
      refused: [
        { index: 1, code: 'event-without-source', message: expect.any(String) as string },
        { index: 2, code: 'malformed-event', message: expect.any(String) as string },
        { index: 4, code: 'unknown-event-type', message: expect.any(String) as string },
      ],
    });
    expect(response.text).not.toContain(CANARY);
    expect(await stored()).toBe(2);
  });

  it('keeps nothing of a synthetic patient, whichever key says that it is one, and takes the others', async () => {
    const of = (prefix: string): string => syntheticKey(prefix, 'target', randomBytes(16));
    const journey = of('ep');
    const events = [paid({ journey }), paid({ subject: of('pat') }), paid({ subscription: of('sub') }), paid()];
    const response = await post(BATCH, events);
    expect([response.status, response.body]).toEqual([200, { stored: 1, duplicates: 0, synthetic: 3, refused: [] }]);
    expect((await post(STRUCTURED, paid({ journey }))).body).toEqual({
      ...{ stored: 0, duplicates: 0, synthetic: 1, refused: [] },
    });
    expectProblem(await post(STRUCTURED, paid({ journey, type: CANARY })), 400, 'unknown-event-type');
    expect(await stored()).toBe(1);
  });

  it('finds duplicates and reused ids within a batch', async () => {
    const event = paid({ id: 'evt-same' });
    const other = { ...event, journey: keys.episode(2) };
    const response = await post(BATCH, [event, event, other]);
    expect(response.status).toBe(207);
    expect(response.body).toMatchObject({ stored: 1, duplicates: 1, refused: [{ index: 2, code: 'event-id-reused' }] });
  });

  it('answers 400 where all of a batch are bad, and 200 for an empty one', async () => {
    const bad = await post(BATCH, [{}, []]);
    expect([bad.status, bad.type]).toEqual([400, 'application/json']);
    expect(bad.body).toMatchObject({ stored: 0, refused: [{ index: 0 }, { index: 1 }] });
    const empty = await post(BATCH, []);
    expect([empty.status, empty.body]).toEqual([200, { stored: 0, duplicates: 0, refused: [] }]);
  });

  it('answers 409 for another event under an id that was used', async () => {
    const event = paid({ id: 'evt-used' });
    await post(STRUCTURED, event);
    expectProblem(await post(STRUCTURED, { ...event, subject: keys.patient(2) }), 409, 'event-id-reused');
    expect(await stored()).toBe(1);
  });

  it.each([
    ['an event without source', { source: undefined }, 'event-without-source'],
    ['an unknown type', { type: `${CANARY}.succeeded` }, 'unknown-event-type'],
    ['an email address as a key', { subject: `${CANARY}@example.org` }, 'key-outside-grammar'],
    ['a telephone number as a key', { journey: '+1 555 010 0200' }, 'key-outside-grammar'],
    ['a name as a key', { subscription: `Anna ${CANARY}` }, 'key-outside-grammar'],
    ['a narrative field', { data: { program: 'weight', note: `${CANARY} says her chest hurts` } }, 'undeclared-field'],
    ['a time that has not come', { time: '2999-01-01T00:00:00Z' }, 'event-from-the-future'],
    ['another version of CloudEvents', { specversion: '0.3' }, 'unsupported-specversion'],
    ['a migration that is not under way', { migration: CANARY }, 'unknown-migration'],
  ])('refuses %s, says what to do, and repeats nothing of it', async (_what, wrong, code) => {
    const response = await post(STRUCTURED, paid(wrong));
    expectProblem(response, 400, code);
    expect(response.text).not.toContain(CANARY);
    expect(await stored()).toBe(0);
  });

  it('refuses malformed JSON without quoting it', async () => {
    const response = await post(STRUCTURED, `{"id": "${CANARY}`);
    expectProblem(response, 400, 'malformed-json');
    expect(response.text).not.toContain(CANARY);
  });

  it('answers 413 past 1 MiB, one event or a batch, packed or not, and stores nothing of it', async () => {
    const padding = 'x'.repeat(1024 * 1024);
    expectProblem(await post(BATCH, [paid(), { padding }]), 413, 'body-too-large');
    const packed = await request(api.app)
      .post('/v1/events')
      .set('content-type', STRUCTURED)
      .set('content-encoding', 'gzip')
      .serialize((sent: unknown) => sent as string)
      .send(gzipSync(JSON.stringify({ padding })));
    expectProblem(packed, 413, 'body-too-large');
    expect(await stored()).toBe(0);
  });

  it.each(['application/json', 'text/plain', 'application/cloudevents+xml', 'multipart/form-data'])(
    'answers 415 for %s',
    async (type) => {
      expectProblem(await post(type, '{}'), 415, 'unsupported-media-type');
    },
  );

  it('answers the handshake of webhooks, and 405 for other methods; never a redirect', async () => {
    const handshake = await request(api.app)
      .options('/v1/events')
      .set('WebHook-Request-Origin', 'events.example.org')
      .set('WebHook-Request-Rate', '120');
    expect(handshake.status).toBe(200);
    expect(handshake.headers).toMatchObject({
      'webhook-allowed-origin': '*',
      'webhook-allowed-rate': '*',
      allow: expect.stringContaining('POST') as string,
    });
    const plain = await request(api.app).options('/v1/events');
    expect(plain.headers).not.toHaveProperty('webhook-allowed-origin');
    expectProblem(await request(api.app).get('/v1/events'), 405, 'method-not-allowed');
    expect((await post(STRUCTURED, paid())).status).toBe(200);
    const slash = await request(api.app)
      .post('/v1/events/')
      .set('content-type', STRUCTURED)
      .send(JSON.stringify(paid()));
    expect(slash.status).toBe(200);
  });
});

describe('what the API counts of events', () => {
  it('is each of them once, by what became of it and by the code of its refusal', async () => {
    const event = paid();
    await post(BATCH, [event, event, paid({ type: CANARY }), paid({ type: CANARY }), {}]);
    await post('text/plain', 'x');
    await post(STRUCTURED, paid({ source: CANARY }));
    const { values } = await api.metrics.events.get();
    expect(Object.fromEntries(values.map(({ labels, value }) => [labels.code ?? labels.result, value]))).toEqual({
      stored: 1,
      duplicate: 1,
      'unknown-event-type': 2,
      'unsupported-specversion': 1,
      'unsupported-media-type': 1,
      'unknown-event-source': 1,
    });
  });
});

describe('the migration that an event belongs to', () => {
  it('is the one under way, without a name', async () => {
    await post(STRUCTURED, paid());
    expect(await stored()).toBe(1);
  });

  it('is found at once when it has only just begun', async () => {
    await post(STRUCTURED, paid());
    const another = `facts-${randomUUID()}`;
    await startMigrationOf(db, another);
    const response = await post(STRUCTURED, paid({ migration: another }));
    expect(response.body).toMatchObject({ stored: 1 });
    expect((await countEvents(db, another)).stored).toBe(1);
    await endMigration(db, another);
  });

  it('must be named while several are under way', async () => {
    const another = `facts-${randomUUID()}`;
    await startMigrationOf(db, another);
    expectProblem(await post(STRUCTURED, paid()), 400, 'migration-not-named');
    const batch = await post(BATCH, [paid(), paid({ migration }), paid({ migration: another })]);
    expect(batch.body).toMatchObject({ stored: 2, refused: [{ index: 0, code: 'migration-not-named' }] });
    await endMigration(db, another);
  });

  it('is none while none is under way, and never one that has ended', async () => {
    await endMigration(db, migration);
    api = await createFactsApi(db);
    expectProblem(await post(STRUCTURED, paid()), 409, 'no-live-migration');
    expectProblem(await post(STRUCTURED, paid({ migration })), 400, 'unknown-migration');
    await startMigrationOf(db, `${migration}-next`);
    expect((await post(STRUCTURED, paid())).body).toMatchObject({ stored: 1 });
    await endMigration(db, `${migration}-next`);
  });
});

describe('R7 narrative notes stay apart from routing', () => {
  it('keeps a canary that was planted in every input out of the database, the answers and the log', async () => {
    const note = `${CANARY} said that it began on Monday`;
    const good = paid();
    const attributes = Object.keys(good).filter((name) => name !== 'specversion' && name !== 'data');
    const inputs: unknown[] = [
      ...attributes.map((name) => paid({ [name]: note })),
      ...['sequence', 'visitor', 'login', 'migration', 'note', 'dataschema', 'traceparent', CANARY].map((name) =>
        paid({ [name]: note }),
      ),
      ...[note, [note], { note }, { program: note }, { program: 'weight', [CANARY]: 1 }].map((data) => paid({ data })),
      paid({ data_base64: Buffer.from(note).toString('base64') }),
      paid({ datacontenttype: note }),
      note,
      { [CANARY]: note },
    ];
    const answers = [await post(BATCH, inputs)];
    for (const input of inputs) answers.push(await post(STRUCTURED, input), await post('application/json', input));
    for (const name of [...attributes, 'sequence', 'visitor', 'migration', 'note']) {
      const { data, ...others } = paid({ [name]: note });
      const sending = request(api.app).post('/v1/events');
      for (const [key, value] of Object.entries(others))
        void sending.set(`ce-${key}`, encodeURIComponent(String(value)));
      answers.push(await sending.send(data as object));
    }
    answers.push(await post(`${STRUCTURED}; note="${CANARY}"`, `{${note}`));
    await sweepAllDue(db);
    for (const answer of answers) expect(answer.text + JSON.stringify(answer.headers)).not.toContain(CANARY);
    expect(api.logged()).not.toContain(CANARY);
    expect(await api.metrics.registry.metrics()).not.toContain(CANARY);
    const { rows } = await db.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const { name } of rows) {
      const found = await db.query(`SELECT FROM ${name} t WHERE t::text LIKE $1`, [`%${CANARY}%`]);
      expect([name, found.rows.length]).toEqual([name, 0]);
    }
    // What carried the canary where nothing reads it was stored without it.
    expect(await stored()).toBeGreaterThan(0);
  });
});
