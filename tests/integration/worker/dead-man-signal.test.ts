import { createHmac } from 'node:crypto';
import { Writable } from 'node:stream';
import pino from 'pino';
import { DeadManSignal, type DeadManOptions } from '../../../worker/control/dead-man-signal';
import { type Behaviour, type LocalHttpServer, startLocalHttpServer } from '../local-http-server';

const WHOLE = { gaps: [], wholeAgo: 0 };
const EVERY = 30_000;
const IN_THE_URL = 'ping-key-in-the-url';

describe('the dead-man signal, at the other end', () => {
  let receiver: LocalHttpServer;
  let logged: string[];
  let said: string[];
  let now: number;

  beforeEach(async () => {
    receiver = await startLocalHttpServer();
    logged = [];
    said = [];
    now = 0;
  });
  afterEach(() => receiver.stop());

  function signal(changed: Partial<DeadManOptions> = {}): DeadManSignal {
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        logged.push(chunk.toString());
        done();
      },
    });
    return new DeadManSignal({
      url: `${receiver.url}/${IN_THE_URL}`,
      method: 'POST',
      every: EVERY,
      clock: { now: () => new Date('2026-01-01T00:00:00Z') },
      logger: pino(sink),
      elapsed: () => now,
      timeout: 10_000,
      onSignal: (kind, result) => {
        said.push(`${kind} ${result}`);
      },
      ...changed,
    });
  }
  const paths = (): string[] => receiver.received.map(({ method, path }) => `${method} ${path}`);

  it('comes once an interval while control is whole, and with no look between', async () => {
    const sent = signal();
    for (now = 0; now <= 2 * EVERY; now += EVERY / 3) await sent.tell(WHOLE);
    expect(paths()).toEqual(Array.from({ length: 3 }, () => `POST /${IN_THE_URL}`));
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({ control: 'whole' });
  });

  it('I4 stops with the first look that finds something missing, and comes back with the next whole one', async () => {
    const sent = signal();
    await sent.tell(WHOLE);
    for (now = EVERY; now <= 4 * EVERY; now += EVERY) await sent.tell({ gaps: ['temporal'], wholeAgo: now });
    expect(receiver.received).toHaveLength(1);
    await sent.tell(WHOLE);
    expect(receiver.received).toHaveLength(2);
  });

  it('goes out as GET with nothing in it where the service wants that', async () => {
    await signal({ method: 'GET' }).tell(WHOLE);
    expect(receiver.received[0]).toMatchObject({ method: 'GET', body: '' });
  });

  it('is signed with a shared secret, as notices are', async () => {
    const secret = 'a-secret-of-both-ends';
    await signal({ secret }).tell(WHOLE);
    const [request] = receiver.received;
    const { t, v1 } = Object.fromEntries(
      String(request?.headers['handoff-signature'])
        .split(',')
        .map((part) => part.split('=')),
    ) as Record<string, string>;
    expect(v1).toBe(createHmac('sha256', secret).update(`${t}.${request?.body}`).digest('hex'));
  });

  it('says that control is gone where the service takes that: with codes alone, and only once it has been so for an interval', async () => {
    const sent = signal({ failUrl: `${receiver.url}/${IN_THE_URL}/fail` });
    await sent.tell(WHOLE);
    now = EVERY - 1;
    await sent.tell({ gaps: ['temporal', 'unattended'], wholeAgo: now });
    expect(receiver.received).toHaveLength(1);
    now = EVERY;
    await sent.tell({ gaps: ['temporal', 'unattended'], wholeAgo: now });
    expect(paths()).toEqual([`POST /${IN_THE_URL}`, `POST /${IN_THE_URL}/fail`]);
    expect(JSON.parse(receiver.received[1]?.body ?? '')).toEqual({
      control: 'gone',
      gaps: ['temporal', 'unattended'],
    });
  });

  it('is not taken back by one worker that sees nothing while another one finds control whole', async () => {
    const sent = signal({ failUrl: `${receiver.url}/fail` });
    for (now = 0; now <= 3 * EVERY; now += EVERY) await sent.tell({ gaps: ['temporal'], wholeAgo: 1_000 });
    expect(receiver.received).toHaveLength(0);
  });

  it('says so too where nobody knows whether another one does: Postgres is away', async () => {
    const sent = signal({ failUrl: `${receiver.url}/fail` });
    await sent.tell(WHOLE);
    now = EVERY;
    await sent.tell({ gaps: ['postgres'], wholeAgo: undefined });
    expect(said).toEqual(['whole sent', 'gone sent']);
  });

  it.each<[string, Behaviour]>([
    ['refused', { status: 500 }],
    ['refused', { status: 302, headers: { location: '/elsewhere' } }],
    ['unreached', 'hangUp'],
    ['unreached', 'silent'],
  ])(
    'is %s where the receiver fails: that is counted, tried again soon, and logged without the address',
    async (result, behaviour) => {
      receiver.behave(behaviour);
      const sent = signal({ timeout: behaviour === 'silent' ? 1_000 : 10_000 });
      await sent.tell(WHOLE);
      now = 1_000;
      await sent.tell(WHOLE);
      now = 5_000;
      await sent.tell(WHOLE);
      expect(said).toEqual([`whole ${result}`, `whole ${result}`]);
      receiver.behave({ status: 200 });
      now = 10_000;
      await sent.tell(WHOLE);
      expect(said.at(-1)).toBe('whole sent');
      expect(receiver.received).toHaveLength(3);
      const log = logged.join('');
      expect(log).toContain(`"failures":2`);
      expect(log).not.toMatch(new RegExp(`${IN_THE_URL}|127\\.0\\.0\\.1|elsewhere`));
    },
  );
});
