import { createHash, createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import pino from 'pino';
import { Actors } from '../../../api/actors';
import { EventAdmission } from '../../../api/events/event-admission';
import { admitSenders } from '../../../api/events/event-senders';
import { eventsRouter } from '../../../api/events/events-router';
import { problemHandler, unknownRoute } from '../../../api/problems';
import { systemClock } from '../../../platform/system-clock';
import type { Database } from '../../../store/database';
import { endMigration } from '../../../store/migration-records';
import { MigrationPlans } from '../../../store/migration-plans';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startMigrationOf } from './facts-plan';
import { cloudEvent } from './test-stack';

const BATCH = 'application/cloudevents-batch+json';
const STRUCTURED = 'application/cloudevents+json';
const OLD = 'the-secret-that-is-being-replaced-now';
const NEW = 'the-secret-that-takes-over-from-that-one';
const MB = 1024 * 1024;

let database: TestDatabase;
let db: Database;
let server: Server;
let migration: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  const file = join(mkdtempSync(join(tmpdir(), 'event-senders-')), 'actors.json');
  const tokenSha256 = (id: string): string => createHash('sha256').update(`token-of-${id}`).digest('hex');
  const stack = { name: 'Stack', roles: ['stack'] };
  writeFileSync(
    file,
    JSON.stringify({
      actors: [
        { ...stack, id: 'any', tokenSha256: tokenSha256('any') },
        { ...stack, id: 'billing', tokenSha256: tokenSha256('billing'), sources: ['/legacy/billing'] },
        { ...stack, id: 'signs', signingSecrets: [OLD, NEW], sources: ['/legacy/billing'] },
        { ...stack, id: 'person', roles: ['engineer'], signingSecrets: [OLD] },
      ],
    }),
  );
  const logger = pino({ level: 'silent' });
  const admit = admitSenders(await Actors.open(file, systemClock, logger), systemClock);
  const app = express();
  const parts = { db, plans: new MigrationPlans(systemClock), clock: systemClock, admit };
  app.use(eventsRouter({ ...parts, admission: new EventAdmission(2 * MB) }));
  app.use(unknownRoute);
  app.use(problemHandler(logger));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await database.drop();
});
beforeEach(async () => {
  migration = `senders-${randomUUID()}`;
  await startMigrationOf(db, migration);
});
afterEach(() => endMigration(db, migration));

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

function open(
  headers: Record<string, string | number>,
  answered: (answer: Answer) => void,
  failed: (error: Error) => void,
) {
  const { port } = server.address() as AddressInfo;
  const sending = request({ port, host: '127.0.0.1', path: '/v1/events', method: 'POST', headers }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text += chunk));
    response.on('end', () => {
      answered({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: JSON.parse(text) as Answer['body'],
      });
    });
  });
  sending.on('error', failed);
  return sending;
}

function post(headers: Record<string, string | number>, body: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => open(headers, resolve, reject).end(body));
}

const bearer = (id: string): Record<string, string> => ({ Authorization: `Bearer token-of-${id}` });
const now = (): number => Math.floor(Date.now() / 1_000);
const sign = (secret: string, body: string | Buffer, at = now()): string =>
  `t=${at},v1=${createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex')}`;
const signed = (signature: string, actor = 'signs'): Record<string, string> => ({
  'Handoff-Actor': actor,
  'Handoff-Signature': signature,
});
const paid = (source = '/legacy/billing'): Record<string, unknown> => ({
  ...cloudEvent({ patient: 1, type: 'payment.succeeded', source }),
  migration,
});

describe('who may send events', () => {
  const body = (): string => JSON.stringify(paid());
  const cases: [string, (sent: string) => Record<string, string>, number, string | undefined][] = [
    ['a token', () => bearer('any'), 200, undefined],
    ['a signature by the secret that goes', (sent) => signed(sign(OLD, sent)), 200, undefined],
    ['a signature by the secret that comes', (sent) => signed(sign(NEW, sent)), 200, undefined],
    ['a token that nobody has', () => ({ Authorization: 'Bearer other' }), 401, 'unknown-token'],
    ['nothing', () => ({}), 401, 'no-token'],
    ['another secret', (sent) => signed(sign('x'.repeat(40), sent)), 401, 'bad-signature'],
    ['a signature of another body', (sent) => signed(sign(NEW, `${sent} `)), 401, 'bad-signature'],
    ['a signature without its time', (sent) => signed(sign(NEW, sent).replace(/^t=\d+,/, '')), 401, 'bad-signature'],
    [
      'a signature with another time',
      (sent) => signed(sign(NEW, sent).replace(/^t=\d+/, `t=${now() - 1}`)),
      401,
      'bad-signature',
    ],
    ['a signature played back', (sent) => signed(sign(NEW, sent, now() - 301)), 401, 'signature-expired'],
    ['a signature of the future', (sent) => signed(sign(NEW, sent, now() + 310)), 401, 'signature-expired'],
    ['the name of an actor without secrets', (sent) => signed(sign(NEW, sent), 'billing'), 401, 'bad-signature'],
    ['the name of nobody', (sent) => signed(sign(NEW, sent), 'nobody'), 401, 'bad-signature'],
    ['a person who signs', (sent) => signed(sign(OLD, sent), 'person'), 403, 'role-missing'],
  ];
  it.each(cases)('with %s', async (_what, headers, status, code) => {
    const sent = body();
    const answer = await post({ ...headers(sent), 'Content-Type': STRUCTURED }, sent);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    if (status === 401) expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('is bound to the sources that the actors file names, by event in a batch', async () => {
    for (const headers of [bearer('billing'), undefined]) {
      const sent = JSON.stringify([paid(), paid('/target/billing'), paid()]);
      const answer = await post({ ...(headers ?? signed(sign(NEW, sent))), 'Content-Type': BATCH }, sent);
      expect(answer.status).toBe(207);
      expect(answer.body).toMatchObject({ stored: 2, refused: [{ index: 1, code: 'source-of-another' }] });
    }
    const single = await post(
      { ...bearer('billing'), 'Content-Type': STRUCTURED },
      JSON.stringify(paid('/target/billing')),
    );
    expect([single.status, single.body['code']]).toEqual([403, 'source-of-another']);
    const any = await post({ ...bearer('any'), 'Content-Type': STRUCTURED }, JSON.stringify(paid('/target/billing')));
    expect(any.status).toBe(200);
  });
});

describe('what is too much', () => {
  it('is refused by its length before a byte of it came: 100 MB', async () => {
    const answer = await new Promise<Answer>((resolve, reject) => {
      // Only the head is sent.
      open({ ...bearer('any'), 'Content-Type': BATCH, 'Content-Length': 100 * MB }, resolve, reject).flushHeaders();
    });
    expect([answer.status, answer.body['code'], answer.headers.connection]).toEqual([413, 'body-too-large', 'close']);
  });

  it('is told to come again while as much is under way as memory is meant for, before a byte of it came', async () => {
    const held = [1, 2].map(() => {
      const sending = open(
        { ...bearer('any'), 'Content-Type': BATCH, 'Content-Length': MB },
        () => undefined,
        () => undefined,
      );
      sending.flushHeaders();
      return sending;
    });
    let answer: Answer;
    do answer = await post({ ...bearer('any'), 'Content-Type': STRUCTURED }, JSON.stringify(paid()));
    while (answer.status === 200);
    expect([answer.status, answer.body['code']]).toEqual([503, 'too-many-events']);
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    for (const sending of held) sending.destroy();
    do answer = await post({ ...bearer('any'), 'Content-Type': STRUCTURED }, JSON.stringify(paid()));
    while (answer.status === 503);
    expect(answer.status).toBe(200);
  });

  it('is more than 5,000 events at a time, and nesting that no event has', async () => {
    const many = await post(
      { ...bearer('any'), 'Content-Type': BATCH },
      `[${Array<string>(5_001).fill('{}').join(',')}]`,
    );
    expect([many.status, many.body['code']]).toEqual([413, 'batch-too-large']);
    const deep = 200_000;
    const nested = `${'['.repeat(deep)}${']'.repeat(deep)}`;
    const within = JSON.stringify({ ...paid(), data: 'deep' }).replace('"deep"', `{"program":${nested}}`);
    const one = await post({ ...bearer('any'), 'Content-Type': STRUCTURED }, within);
    expect([one.status, one.body['code']]).toEqual([400, 'bad-field']);
    const outside = await post({ ...bearer('any'), 'Content-Type': STRUCTURED }, nested);
    expect([outside.status, outside.body['code']]).toEqual([400, 'malformed-event']);
  });

  it.each([
    ['another charset', { 'Content-Type': `${STRUCTURED}; charset=utf-16` }],
    ['an encoding that is unknown', { 'Content-Type': STRUCTURED, 'Content-Encoding': 'zstd-of-ours' }],
    ['another format', { 'Content-Type': 'application/cloudevents+avro' }],
    ['another format of batches', { 'Content-Type': 'application/cloudevents-batch+avro' }],
  ])('%s is refused (415)', async (_what, headers) => {
    const answer = await post({ ...bearer('any'), ...headers }, JSON.stringify(paid()));
    expect([answer.status, answer.body['code']]).toEqual([415, 'unsupported-media-type']);
  });
});

describe('one id with two contents', () => {
  it('is refused, and what the other said is kept once and counted, in coded fields', async () => {
    const event = paid();
    const other = { ...event, data: { program: 'dermatology' } };
    const send = (one: object): Promise<Answer> =>
      post({ ...bearer('any'), 'Content-Type': STRUCTURED }, JSON.stringify(one));
    expect((await send(event)).status).toBe(200);
    for (let again = 0; again < 2; again += 1) {
      const answer = await send(other);
      expect([answer.status, answer.body['code']]).toEqual([409, 'event-id-reused']);
    }
    const batch = await post({ ...bearer('any'), 'Content-Type': BATCH }, JSON.stringify([other, event]));
    expect(batch.body).toMatchObject({ stored: 0, duplicates: 1, refused: [{ index: 0, code: 'event-id-reused' }] });
    const { rows } = await db.query('SELECT source, id, type, data, times FROM event_id_reused WHERE migration = $1', [
      migration,
    ]);
    expect(rows).toEqual([
      { source: event['source'], id: event['id'], type: event['type'], data: { program: 'dermatology' }, times: 3 },
    ]);
  });
});
