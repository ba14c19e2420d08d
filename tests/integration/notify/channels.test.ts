import type { Channel } from '../../../activities/notify/channel';
import { ChannelsNotifier } from '../../../activities/notify/channels-notifier';
import { ChatChannel } from '../../../activities/notify/chat-channel';
import { MailChannel } from '../../../activities/notify/mail-channel';
import { NotDelivered } from '../../../activities/notify/not-delivered';
import type { Notice } from '../../../activities/notify/notifier';
import { PagerChannel } from '../../../activities/notify/pager-channel';
import { createLogger } from '../../../platform/logger';
import { leaveToAnyWorker, leaveUndelivered, recordNotice, takeUndelivered } from '../../../store/notices';
import { startNoticeTeller } from '../../../worker/notice-teller';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { type LocalHttpServer, startLocalHttpServer } from '../local-http-server';
import { type LocalSmtpServer, startLocalSmtpServer } from './local-smtp-server';
import { aNotice, itBehavesLikeANotifier, type RunningNotifier } from './notifier-conformance';

const KEY = 'routing-key-of-ours';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function fresh(): Promise<TestDatabase['db']> {
  await database.db.query('TRUNCATE notice CASCADE');
  return database.db;
}

interface PagerEvent {
  routing_key: string;
  event_action: string;
  dedup_key: string;
  payload: { summary: string; severity: string; class: string; source: string };
}

async function startPager(): Promise<RunningNotifier & { receiver: LocalHttpServer; channel: Channel }> {
  const db = await fresh();
  const receiver = await startLocalHttpServer();
  receiver.behave({ status: 202, body: '{"status":"success"}' });
  const channel = new PagerChannel({ name: 'pager', url: `${receiver.url}/v2/enqueue`, routingKey: KEY });
  return {
    another: () => new ChannelsNotifier(db, () => [channel]),
    ...{ db, receiver, channel },
    carriesMessages: true,
    told: () =>
      receiver.received.map(({ body }) => {
        const { payload } = JSON.parse(body) as PagerEvent;
        const urgency = payload.severity === 'critical' ? 'page' : 'info';
        return { kind: payload.class, urgency, message: payload.summary };
      }),
    stop: () => receiver.stop(),
  };
}

async function startChat(): Promise<RunningNotifier & { receiver: LocalHttpServer; channel: Channel }> {
  const db = await fresh();
  const receiver = await startLocalHttpServer();
  receiver.behave({ status: 200, body: 'ok' });
  const channel = new ChatChannel({ name: 'desk', url: `${receiver.url}/services/in-the-url` });
  return {
    another: () => new ChannelsNotifier(db, () => [channel]),
    ...{ db, receiver, channel },
    carriesMessages: true,
    told: () =>
      receiver.received.map(({ body }) => {
        const { text } = JSON.parse(body) as { text: string };
        const [head = '', message = ''] = text.replaceAll('&lt;', '<').split('\n');
        const parts = head.slice(1, -1).split(' · ');
        const urgency = parts[0] === 'PAGE' ? 'page' : 'info';
        return { kind: camel(parts[urgency === 'page' ? 2 : 1] ?? ''), urgency, message };
      }),
    stop: () => receiver.stop(),
  };
}

/** A code from its words. */
function camel(words: string): string {
  return words.replace(/ ([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

async function startMail(): Promise<RunningNotifier & { receiver: LocalSmtpServer; channel: Channel }> {
  const db = await fresh();
  const receiver = await startLocalSmtpServer();
  const { url } = receiver;
  const to = ['Desk <desk@example.test>', 'night@example.test'];
  const channel = new MailChannel({
    name: 'mail',
    url,
    from: 'Warm Handoff <handoff@example.test>',
    to,
  });
  return {
    another: () => new ChannelsNotifier(db, () => [channel]),
    ...{ db, receiver, channel },
    carriesMessages: true,
    told: () =>
      receiver.received.map(({ data }) => {
        const [, subject = ''] = /^Subject: (.*)$/m.exec(data) ?? [];
        const [, kind = ''] = /: ([a-z ]+)/.exec(subject) ?? [];
        const text = data.slice(data.indexOf('\n\n') + 2).trim();
        return {
          kind: camel(kind.trim()),
          urgency: subject.startsWith('[page]') ? 'page' : 'info',
          message: text,
        };
      }),
    stop: () => receiver.stop(),
  };
}

describe('PagerChannel', () => {
  itBehavesLikeANotifier(startPager);

  it('triggers, acknowledges and resolves one alert for notices about one thing', async () => {
    const running = await startPager();
    const key = 'cases/7';
    for (const state of ['open', 'acknowledged', 'resolved'] as const) {
      await running.another().send(aNotice({ onceKey: `${key}/${state}`, incident: { key, state } }));
    }
    await running.another().send(aNotice({ onceKey: 'another' }));
    const events = running.receiver.received.map(({ body }) => JSON.parse(body) as PagerEvent);
    expect(events.map(({ event_action, dedup_key, routing_key }) => [event_action, dedup_key, routing_key])).toEqual([
      ['trigger', 'spring-move/cases/7', KEY],
      ['acknowledge', 'spring-move/cases/7', KEY],
      ['resolve', 'spring-move/cases/7', KEY],
      ['trigger', 'spring-move/another', KEY],
    ]);
    await running.stop();
  });
});

describe('ChatChannel', () => {
  itBehavesLikeANotifier(startChat);

  it('calls nobody by what a text holds', async () => {
    const running = await startChat();
    await running.another().send(aNotice({ message: '<!channel> & <@U1>' }));
    expect(running.receiver.received[0]?.body).toContain('&lt;!channel&gt; &amp; &lt;@U1&gt;');
    await running.stop();
  });
});

describe('MailChannel', () => {
  itBehavesLikeANotifier(startMail);

  it('goes to everybody named, in plain text, as a thread a thing, with an id by which a repetition is known', async () => {
    const running = await startMail();
    const notice = aNotice({ incident: { key: 'cases/7', state: 'open' } });
    running.receiver.behave('hangUp');
    await expect(running.channel.deliver(notice)).rejects.toThrow(NotDelivered);
    running.receiver.behave('takes');
    await running.channel.deliver(notice);
    await running.channel.deliver(notice);
    const [first, second] = running.receiver.received;
    expect(first).toMatchObject({ from: 'handoff@example.test', to: ['desk@example.test', 'night@example.test'] });
    const idOf = (data = ''): string | undefined => /^Message-ID: (.*)$/im.exec(data)?.[1];
    expect(idOf(first?.data)).toMatch(/^<[0-9a-f]{40}@warm-handoff>$/);
    expect(idOf(second?.data)).toBe(idOf(first?.data));
    expect(first?.data).toMatch(/^References: <[0-9a-f]{40}@warm-handoff>$/m);
    expect(first?.data).toMatch(/^Content-Type: text\/plain/m);
    await running.stop();
  });

  it('echoes nothing that a server said', async () => {
    const running = await startMail();
    running.receiver.behave('refuses');
    const failure = (await running.channel.deliver(aNotice()).catch((error: unknown) => error)) as Error;
    expect(failure.message).toContain('answered 451');
    expect(JSON.stringify([failure.message, failure.stack, failure.cause])).not.toMatch(/example\.test|127\.0\.0\.1/);
    await running.stop();
  });
});

describe('notices that workers send again', () => {
  const about = (key: string, state: 'open' | 'resolved'): Notice =>
    aNotice({ onceKey: `${key}/${state}`, incident: { key, state } });

  async function written(...notices: readonly Notice[]): Promise<TestDatabase['db']> {
    const db = await fresh();
    for (const notice of notices) await leaveToAnyWorker(db, (await recordNotice(db, notice)).id);
    return db;
  }

  it('R30 never say that something is over before that it is there, which is being sent or has failed', async () => {
    const db = await written(about('cases/1', 'open'), about('cases/1', 'resolved'), about('cases/2', 'open'));
    const keys = async (): Promise<string[]> => (await takeUndelivered(db, 20)).map(({ onceKey }) => onceKey);
    expect(await keys()).toEqual(['cases/1/open', 'cases/2/open']);
    expect(await keys()).toEqual([]);
    await leaveUndelivered(db, about('cases/1', 'open'));
    expect(await keys()).toEqual([]);
    await db.query(`UPDATE notice SET next_try_at = clock_timestamp() WHERE once_key = 'cases/1/open'`);
    expect(await keys()).toEqual(['cases/1/open']);
    await db.query(`UPDATE notice SET delivered_at = clock_timestamp() WHERE once_key = 'cases/1/open'`);
    expect(await keys()).toEqual(['cases/1/resolved']);
  });

  it('R30 are taken by one worker for as long as any is sent, then wait the longer the more often they failed', async () => {
    const notice = aNotice({ onceKey: 'slow' });
    const db = await written(notice);
    const wait = async (): Promise<number> => {
      const { rows } = await db.query<{ wait: number }>(
        'SELECT extract(epoch FROM next_try_at - clock_timestamp())::float8 AS wait FROM notice',
      );
      return rows[0]?.wait ?? 0;
    };
    await takeUndelivered(db, 20);
    expect(await wait()).toBeGreaterThan(120);
    await leaveUndelivered(db, notice);
    expect(await wait()).toBeLessThan(5.1);
    await db.query('UPDATE notice SET next_try_at = clock_timestamp()');
    await takeUndelivered(db, 20);
    await leaveUndelivered(db, notice);
    expect(await wait()).toBeGreaterThan(5.1);
  });

  it('R30 go out although others are held up', async () => {
    const db = await written(aNotice({ onceKey: 'held up' }), aNotice({ onceKey: 'page' }));
    const sent: string[] = [];
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const notifier = {
      send: async ({ onceKey }: Notice): Promise<void> => {
        if (onceKey === 'held up') await held;
        sent.push(onceKey);
      },
    };
    const teller = startNoticeTeller({ db, notifier, logger: createLogger('worker', 'silent'), lookEvery: 10 });
    await until('the other one', () => sent.includes('page'));
    expect(sent).toEqual(['page']);
    letGo();
    await teller.stop();
    expect(sent).toEqual(['page', 'held up']);
  });
});

describe('a notice that goes to several', () => {
  it('reaches one although another is away, and the other once it is back, each once; nothing is lost', async () => {
    const pager = await startPager();
    const mail = await startMail();
    const { db } = database;
    mail.receiver.behave('refuses');
    const notifier = new ChannelsNotifier(db, () => [mail.channel, pager.channel]);
    await expect(notifier.send(aNotice())).rejects.toThrow(NotDelivered);
    await expect(notifier.send(aNotice())).rejects.toThrow(NotDelivered);
    expect(pager.receiver.received).toHaveLength(1);
    mail.receiver.behave('takes');
    // Whoever wrote it down has given up: any worker goes on.
    await db.query('UPDATE notice SET next_try_at = clock_timestamp()');
    const logger = createLogger('worker', 'silent');
    const tellers = [1, 2].map(() => startNoticeTeller({ db, notifier, logger, lookEvery: 10 }));
    await until('the mail', () => mail.receiver.received.length > 0);
    await until('it to be noted', async () => {
      const { rows } = await db.query<{ done: boolean }>('SELECT delivered_at IS NOT NULL AS done FROM notice');
      return rows[0]?.done;
    });
    await Promise.all(tellers.map((teller) => teller.stop()));
    expect([pager.receiver.received.length, mail.receiver.received.length]).toEqual([1, 1]);
    await Promise.all([pager.stop(), mail.stop()]);
  });
});
