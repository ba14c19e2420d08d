import { createHmac, timingSafeEqual } from 'node:crypto';
import { NotDelivered } from '../../../activities/notify/not-delivered';
import type { Notice } from '../../../activities/notify/notifier';
import { ChannelsNotifier } from '../../../activities/notify/channels-notifier';
import { WebhookChannel } from '../../../activities/notify/webhook-channel';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { type Behaviour, type LocalHttpServer, startLocalHttpServer } from '../local-http-server';
import { aNotice, itBehavesLikeANotifier, type RunningNotifier } from './notifier-conformance';

const SECRET = 'shared-by-both-ends';
const NOW = new Date('2025-03-01T12:00:00.900Z');

interface RunningWebhook extends RunningNotifier {
  /** How long one of its notifiers waits for an answer; set before it is made. */
  timeout: number;
  receiver: LocalHttpServer;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function start(): Promise<RunningWebhook> {
  const { db } = database;
  await db.query('TRUNCATE notice CASCADE');
  const receiver = await startLocalHttpServer();
  const url = `${receiver.url}/notices?token=in-the-url`;
  const running: RunningWebhook = {
    timeout: 10_000,
    another: () => {
      const { timeout } = running;
      const channel = new WebhookChannel({ url, secret: SECRET, timeout, clock: { now: () => NOW } });
      return new ChannelsNotifier(db, () => [channel]);
    },
    db,
    receiver,
    carriesMessages: true,
    told: () => receiver.received.map(({ body }) => JSON.parse(body) as Notice),
    stop: () => receiver.stop(),
  };
  return running;
}

/** As a receiver would check it, written anew from the documentation. */
function signatureHolds(header: string, body: string, secret: string): boolean {
  const { t, v1 } = Object.fromEntries(header.split(',').map((part) => part.split('='))) as Record<'t' | 'v1', string>;
  const expected = createHmac('sha256', secret).update(`${t}.${body}`).digest();
  return timingSafeEqual(expected, Buffer.from(v1, 'hex'));
}

describe('WebhookChannel', () => {
  itBehavesLikeANotifier(start);
});

describe('WebhookChannel, at the other end', () => {
  let running: RunningWebhook;
  beforeEach(async () => {
    running = await start();
  });
  afterEach(() => running.stop());

  const undelivered = async (): Promise<boolean> => {
    const { rows } = await running.db.query<{ open: boolean }>('SELECT delivered_at IS NULL AS open FROM notice');
    return rows.length === 1 && rows[0]?.open === true;
  };

  it('signs the body and the time with the shared secret', async () => {
    await running.another().send(aNotice());
    const [request] = running.receiver.received;
    const header = String(request?.headers['handoff-signature']);
    expect(header).toMatch(/^t=1740830400,v1=[0-9a-f]{64}$/);
    expect(signatureHolds(header, request?.body ?? '', SECRET)).toBe(true);
    expect(signatureHolds(header, `${request?.body} `, SECRET)).toBe(false);
    expect(signatureHolds(header, request?.body ?? '', 'another secret')).toBe(false);
  });

  it('posts JSON of the declared fields alone, with a key by which a receiver knows a repetition', async () => {
    await running.another().send({ ...aNotice(), extra: 'not declared' } as Notice);
    const [request] = running.receiver.received;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/notices?token=in-the-url',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': 'spring-move/payment/everyone/7/limitCrossed',
      },
    });
    expect(JSON.parse(request?.body ?? '')).toEqual(aNotice());
  });

  it.each<[string, Behaviour]>([
    ['answered 500', { status: 500, body: 'stack trace of the receiver' }],
    ['answered 404', { status: 404 }],
    ['answered 302', { status: 302, headers: { location: '/elsewhere' } }],
    ['could not be reached', 'hangUp'],
    ['did not answer within 2000 ms', 'silent'],
  ])('says so when its receiver %s, and delivers the same notice later', async (what, behaviour) => {
    running.receiver.behave(behaviour);
    if (behaviour === 'silent') running.timeout = 2_000;
    const failure: unknown = await running
      .another()
      .send(aNotice())
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotDelivered);
    expect(failure).toMatchObject({ code: 'not-delivered', message: expect.stringContaining(what) as string });
    expect(await undelivered()).toBe(true);
    expect(running.receiver.received).toHaveLength(1);

    running.receiver.behave({ status: 204 });
    running.timeout = 10_000;
    await running.another().send(aNotice());
    expect(await undelivered()).toBe(false);
    const [first, second] = running.receiver.received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });

  it('says so when nobody listens there', async () => {
    await running.receiver.stop();
    await expect(running.another().send(aNotice())).rejects.toThrow(NotDelivered);
    expect(await undelivered()).toBe(true);
  });

  it('counts a 2xx answer as delivered although its body never ends', async () => {
    running.receiver.behave('endlessBody');
    await running.another().send(aNotice());
    expect(await undelivered()).toBe(false);
  });

  it('puts neither the URL, nor the secret, nor what the receiver said into its error', async () => {
    running.receiver.behave({ status: 500, body: 'stack trace of the receiver' });
    const failure = (await running
      .another()
      .send(aNotice())
      .catch((error: unknown) => error)) as Error;
    expect(JSON.stringify([failure.message, failure.stack, failure.cause])).not.toMatch(
      /127\.0\.0\.1|in-the-url|shared-by-both-ends|stack trace of/,
    );
  });
});
