import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { until } from '../../setup/until';
import { actorEntry, startTestApi, type TestApi } from '../api/running-api';
import { isFailure } from './ofrep-answers';
import { RawConnection } from './raw-connection';
import { episodes, startMigration } from './started-migration';

const FLAG = '/ofrep/v1/evaluate/flags/payment-2026.payment';

let api: TestApi;
let open: RawConnection[] = [];
beforeAll(async () => {
  api = await startTestApi();
  await startMigration(api.db);
});
afterEach(() => {
  for (const { socket } of open) socket.destroy();
  open = [];
});
afterAll(() => api.stop());

async function connectionOf(of = api): Promise<RawConnection> {
  const opened = await RawConnection.open(of.url);
  open.push(opened);
  return opened;
}

const token = (): string => api.tokens['sandbox-stacks'];
let series = 100;
const question = (more: object = {}): string =>
  JSON.stringify({ context: { targetingKey: episodes(1, (series += 1))[0], state: 'CO', ...more } });
const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));

describe('a connection that asks again and again', () => {
  it('has each of its questions answered, whole or in pieces', async () => {
    const asking = await connectionOf();
    for (let asked = 1; asked <= 3; asked += 1) {
      const body = question();
      asking.ask(FLAG, token(), `Content-Length: ${body.length}`);
      asking.socket.write(body.slice(0, 20));
      asking.socket.write(body.slice(20));
      await until('the answer', () => asking.statuses().length === asked);
    }
    expect(asking.statuses()).toEqual([200, 200, 200]);
    expect(asking.received).toMatch(/Connection: keep-alive/);
    expect(asking.received).toMatch(/X-Content-Type-Options: nosniff/);
    expect(asking.received).toMatch(/Cache-Control: no-store/);
  });

  it('has questions answered in their order that were sent all at once, one sent by a sender who says no more, and one that waits to be let go on', async () => {
    const bodies = [question(), question(), question()];
    const asking = await connectionOf();
    for (const body of bodies) {
      asking.ask(FLAG, token(), `Content-Length: ${body.length}`);
      asking.socket.write(body);
    }
    await until('the answers', () => asking.statuses().length === bodies.length);
    expect(asking.statuses()).toEqual([200, 200, 200]);

    const done = await connectionOf();
    const [body = ''] = bodies;
    done.ask(FLAG, token(), `Content-Length: ${body.length}`);
    done.socket.end(body);
    await until('the connection is closed', () => done.closed);
    expect(done.statuses()).toEqual([200]);

    const careful = await connectionOf();
    careful.ask(FLAG, token(), `Content-Length: ${body.length}`, 'Expect: 100-continue');
    await until('it may go on', () => careful.statuses().length === 1);
    careful.socket.write(body);
    await until('the answer', () => careful.statuses().length === 2);
    expect(careful.statuses()).toEqual([100, 200]);
  });

  it('is cut where nobody can tell how long its question is: what follows could be taken for another', async () => {
    for (const headers of [
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Content-Length: 5', 'Content-Length: 6'],
    ]) {
      const asking = await connectionOf();
      asking.ask(FLAG, token(), ...headers);
      await until('the connection is closed', () => asking.closed);
      expect(asking.statuses()).toEqual([400]);
    }
  });

  it('is checked again at once when it sends another token', async () => {
    const asking = await connectionOf();
    const body = question();
    for (const [sent, status] of [
      [token(), 200],
      [`${token().slice(0, -1)}x`, 401],
      [token().slice(0, -1), 401],
      [api.tokens['engineer-1'], 403],
      [token(), 200],
    ] as const) {
      const before = asking.statuses().length;
      asking.ask(FLAG, sent, `Content-Length: ${body.length}`);
      asking.socket.write(body);
      await until('the answer', () => asking.statuses().length > before);
      expect(asking.statuses().at(-1)).toBe(status);
    }
  });

  it('is let in no longer once its actor is taken out of the file', async () => {
    const own = await startTestApi();
    try {
      await startMigration(own.db);
      const asking = await connectionOf(own);
      const ask = async (): Promise<number> => {
        const before = asking.statuses().length;
        const body = question();
        asking.ask(FLAG, own.tokens['sandbox-stacks'], `Content-Length: ${body.length}`);
        asking.socket.write(body);
        await until('the answer', () => asking.statuses().length > before);
        return asking.statuses().at(-1) ?? 0;
      };
      expect(await ask()).toBe(200);
      await writeFile(own.actorsFile, JSON.stringify({ actors: [actorEntry('engineer-9', 'another')] }));
      await until('the connection is not let in', async () => (await ask()) === 401);
    } finally {
      await own.stop();
    }
  });

  it('is told of the end while the API stops, and has the question under way answered', async () => {
    const own = await startTestApi();
    try {
      await startMigration(own.db);
      const [idle, asking] = [await connectionOf(own), await connectionOf(own)];
      const body = question();
      const ask = (of: RawConnection): void => {
        of.ask(FLAG, own.tokens['sandbox-stacks'], `Content-Length: ${body.length}`);
      };
      ask(idle);
      idle.socket.write(body);
      await until('the first answer', () => idle.statuses().length === 1);
      // One byte in, so that the server has it under way.
      ask(asking);
      asking.socket.write(body.slice(0, 1));
      await until('the other question is under way', async () => (await fetch(`${own.url}/healthz`)).ok);
      const stopped = own.stopApi();
      await until('the idle connection is closed', () => idle.closed);
      asking.socket.write(body.slice(1));
      await until('the other is closed', () => asking.closed);
      expect(asking.statuses()).toEqual([200]);
      await stopped;
    } finally {
      await own.stop();
    }
  });
});

describe('a body that is not as it should be', () => {
  it('is given up when it comes by the drop', async () => {
    const asking = await connectionOf();
    asking.ask(FLAG, token(), 'Content-Length: 1000');
    const drip = setInterval(() => {
      asking.socket.write(' ');
    }, 200);
    try {
      await until('the connection is closed', () => asking.closed);
    } finally {
      clearInterval(drip);
    }
    expect(asking.statuses()).toEqual([408]);
    expect(asking.received).toMatch(/Connection: close/);
    expect(bodyOf(asking.received)).toMatchObject({ key: 'payment-2026.payment', errorCode: 'GENERAL' });
    expect(isFailure(bodyOf(asking.received))).toBe(true);
  });

  it.each([
    ['says so beforehand', (size: number) => `Content-Length: ${size}`],
    ['does not say how long it is', () => 'Transfer-Encoding: chunked'],
  ])('is refused when it is of 1 MB and %s, and the connection ends', async (_, header) => {
    const body = question({ padding: 'x'.repeat(1_000_000) });
    const asking = await connectionOf();
    asking.ask(FLAG, token(), header(body.length));
    asking.socket.write(
      header(0).startsWith('Transfer') ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body,
    );
    await until('the connection is closed', () => asking.closed);
    expect(asking.statuses()).toEqual([413]);
    expect(bodyOf(asking.received)).toMatchObject({ key: 'payment-2026.payment', errorCode: 'GENERAL' });
  });

  it('is refused when it never ends, without being kept', async () => {
    const asking = await connectionOf();
    asking.ask(FLAG, token(), 'Transfer-Encoding: chunked');
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const flood = setInterval(() => {
      if (!asking.socket.destroyed) asking.socket.write(piece);
    }, 5);
    try {
      await until('the connection is closed', () => asking.closed);
    } finally {
      clearInterval(flood);
    }
    expect(asking.statuses()).toEqual([413]);
  });

  it('harms nobody when its sender hangs up in the middle', async () => {
    const hanging = await connectionOf();
    hanging.ask(FLAG, token(), 'Content-Length: 1000');
    hanging.socket.write('{ "context": ');
    await until('it is under way', async () => (await fetch(`${api.url}/healthz`)).ok);
    hanging.socket.destroy();
    await until('it is counted as hung up', async () => {
      const counted = (await (await fetch(`${api.url}/metrics`)).text())
        .split('\n')
        .filter((line) => line.startsWith('handoff_http_request_duration_seconds_count{'));
      return counted.some((line) => line.includes('flags/:key') && line.includes('status="aborted"'));
    });
    expect((await api.as('sandbox-stacks').post(FLAG, JSON.parse(question()) as object)).status).toBe(200);
  });

  it('harms nobody when its sender hangs up before the answer', async () => {
    const waiting = async (): Promise<boolean> =>
      !/handoff_questions_waiting\{[^}]*\} 0/.test(await (await fetch(`${api.url}/metrics`)).text());
    await api.db.transaction(async (connection) => {
      await connection.query('LOCK TABLE placement IN ACCESS EXCLUSIVE MODE');
      const hanging = await connectionOf();
      const body = question();
      hanging.ask(FLAG, token(), `Content-Length: ${body.length}`);
      hanging.socket.write(body);
      await until('it waits', waiting);
      hanging.socket.destroy();
    });
    await until('nothing waits', async () => !(await waiting()));
    expect((await api.as('sandbox-stacks').post(FLAG, JSON.parse(question()) as object)).status).toBe(200);
  });

  it('is not awaited from a stranger', async () => {
    const stranger = await connectionOf();
    stranger.ask(FLAG, 'of-nobody', 'Transfer-Encoding: chunked');
    await until('the answer', () => stranger.statuses().length > 0);
    expect(stranger.statuses()).toEqual([401]);
    await until('the connection is closed', () => stranger.closed);
  });

  it.each([
    ['packed', 'gzip', gzipSync(question()), 200, undefined],
    ['packed, and large inside', 'gzip', gzipSync(question({ padding: 'x'.repeat(5_000_000) })), 413, 'GENERAL'],
    ['packed, and damaged', 'gzip', Buffer.from('nothing of gzip'), 400, 'PARSE_ERROR'],
    ['packed as nobody packs', 'constructor', Buffer.from(question()), 400, 'PARSE_ERROR'],
  ])('is unpacked or refused: %s', async (_, encoding, body, status, errorCode) => {
    const answer = await fetch(`${api.url}${FLAG}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token()}`, 'Content-Encoding': encoding },
      body,
    });
    expect(answer.status).toBe(status);
    expect((await answer.json()) as object).toMatchObject(errorCode === undefined ? {} : { errorCode });
  });
});

describe('a context that is up to something', () => {
  const key = (): string => episodes(1, (series += 1))[0] ?? '';
  it.each<[string, () => string | Buffer, number, string | undefined]>([
    [
      'a key in the prototype',
      () => `{"__proto__":{"context":{"targetingKey":"${key()}"}}}`,
      400,
      'TARGETING_KEY_MISSING',
    ],
    [
      "a key in the context's prototype",
      () => `{"context":{"__proto__":{"targetingKey":"${key()}"}}}`,
      400,
      'TARGETING_KEY_MISSING',
    ],
    [
      'names that every object has',
      () => `{"context":{"targetingKey":"${key()}","__proto__":{"state":"CO"},"constructor":1,"toString":2}}`,
      200,
      undefined,
    ],
    [
      'thirty thousand lists in each other',
      () => `{"context":{"targetingKey":"${key()}","x":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`,
      200,
      undefined,
    ],
    ['half a character', () => `{"context":{"targetingKey":"${key()}","state":"\\ud800"}}`, 200, undefined],
    ['another charset', () => Buffer.from(question(), 'utf16le'), 400, 'PARSE_ERROR'],
    ['a list of questions', () => `[${question()}]`, 400, 'PARSE_ERROR'],
  ])('is answered for what it says itself, or refused: %s', async (_, body, status, errorCode) => {
    const answer = await fetch(`${api.url}${FLAG}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token()}` },
      body: body(),
    });
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as { errorCode?: string }).errorCode).toBe(errorCode);
  });
});

describe('the address that is asked', () => {
  it.each([
    ['with a query', `${FLAG}?flagConfigEtag=abc`],
    ['with a slash at its end', `${FLAG}/`],
    ['with a part of it percent-encoded', FLAG.replace('payment-2026', 'payment%2D2026')],
    ['with the host before it, as proxies send it', `http://api${FLAG}`],
  ])('is the same %s', async (_, path) => {
    const asking = await connectionOf();
    const body = question();
    asking.ask(path, token(), `Content-Length: ${body.length}`);
    asking.socket.write(body);
    await until('the answer', () => asking.statuses().length > 0);
    expect(asking.statuses()).toEqual([200]);
  });

  it.each(['/ofrep/v1/evaluate/flags/a/b', '/ofrep/v1/configuration', '/ofrep/v2/evaluate/flags'])(
    'is nobody else’s: 404 to %s',
    async (path) => {
      const answer = await api.as('sandbox-stacks').post(path, {});
      expect(answer.status).toBe(404);
    },
  );
});
