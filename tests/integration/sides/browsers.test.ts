import type { SplitKey } from '../../../activities/traffic/traffic-router';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { startTestApi, type TestApi } from '../api/running-api';
import { until } from '../../setup/until';
import { bringEverybodyBack } from './bring-everybody-back';
import { isBulk, isFailure } from './ofrep-answers';
import { episodes, PAYMENT, startMigration } from './started-migration';

const BULK = '/ofrep/v1/evaluate/flags';
const FLAG = `${BULK}/payment-2026.payment`;
const PAGE = 'https://portal.example';
const pilot: SplitKey = { migration: 'payment-2026', ...PAYMENT };

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ corsOrigins: [PAGE, 'http://localhost:3000'] });
  await startMigration(api.db);
  await createSplit(api.db, { ...pilot, lease: 60_000 });
});
afterAll(() => api.stop());

async function shift(share: number): Promise<void> {
  const expectedEpoch = (await readSplit(api.db, pilot))?.epoch ?? 0;
  const change = { ...pilot, expectedEpoch, share, perDay: null, lease: 60_000 };
  await changeSplit(api.db, { ...change, mode: 'open', cause: 'raised' });
}

let series = 300;
const context = (): object => ({ targetingKey: episodes(1, (series += 1))[0], state: 'CO' });

async function ask(path: string, asked: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${api.tokens['sandbox-stacks']}`, ...headers },
    body: JSON.stringify({ context: asked }),
  });
}

interface Bulk {
  flags: object[];
  eventStreams: { type: string; endpoint: { requestUri: string } }[];
}

describe('the entity tag of all flags', () => {
  it('stays while the answer does, spares its body, and goes with it', async () => {
    await shift(100_000);
    const asked = context();
    // Told to come again, nobody is placed.
    const placing = await until('it is placed', async () => {
      const answer = await ask(BULK, asked);
      return answer.status === 200 && answer;
    });
    const first = await ask(BULK, asked);
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{43}"$/);
    // The side is the same; why it is, is not.
    expect(placing.headers.get('etag')).not.toBe(tag);
    expect(isBulk(await first.json())).toBe(true);
    for (const sent of [tag, `W/${tag}`, `"other", ${tag}`, `"other",W/${tag} , "third"`, '*']) {
      const again = await ask(BULK, asked, { 'If-None-Match': sent });
      expect([sent, again.status, again.headers.get('etag'), await again.text()]).toEqual([sent, 304, tag, '']);
    }
    for (const sent of ['"other"', tag.slice(1, -1), `W/"other"`, tag.slice(0, 10)]) {
      expect((await ask(BULK, asked, { 'If-None-Match': sent })).status).toBe(200);
    }
    await bringEverybodyBack(api.db, pilot, 60_000);
    const moved = await until('the process has heard of it', async () => {
      const again = await ask(BULK, asked, { 'If-None-Match': tag });
      return again.status === 200 && again;
    });
    expect(moved.headers.get('etag')).not.toBe(tag);
    expect(((await moved.json()) as Bulk).flags).toMatchObject([{ value: 'legacy' }]);
  });

  it('is not given for an error', async () => {
    const failed = await ask(BULK, {}, { 'If-None-Match': '*' });
    expect([failed.status, failed.headers.get('etag')]).toEqual([400, null]);
  });
});

describe('a web page', () => {
  it('of a named origin may ask, with its token, and read the answer, its tag and its errors', async () => {
    for (const [path, asked, status] of [
      [BULK, context(), 200],
      [FLAG, context(), 200],
      [FLAG, {}, 400],
    ] as const) {
      const preflight = await fetch(`${api.url}${path}`, {
        method: 'OPTIONS',
        headers: {
          Origin: PAGE,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization,content-type,if-none-match',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(preflight.headers.get('access-control-allow-methods')).toBe('POST');
      const allowed = preflight.headers.get('access-control-allow-headers')?.toLowerCase().split(', ');
      expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'if-none-match']));
      expect(preflight.headers.get('vary')).toContain('Origin');
      const answer = await ask(path, asked, { Origin: PAGE });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(answer.headers.get('access-control-expose-headers')).toBe('ETag, Retry-After');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      expect(answer.headers.get('vary')).toBe('Origin');
    }
  });

  it.each(['https://portal.example.evil.example', 'http://portal.example', 'https://portal.example:444', 'null'])(
    'of the origin %s may not',
    async (origin) => {
      const preflight = await fetch(`${api.url}${BULK}`, {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
      });
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
      const answer = await ask(BULK, context(), { Origin: origin });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toBe('Origin');
    },
  );

  it('may not at all where no origin is named', async () => {
    const closed = await startTestApi();
    try {
      const preflight = await fetch(`${closed.url}${BULK}`, {
        method: 'OPTIONS',
        headers: { Origin: PAGE, 'Access-Control-Request-Method': 'POST' },
      });
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
    } finally {
      await closed.stop();
    }
  });
});

describe('the stream of changes that an answer names', () => {
  const streamOf = async (): Promise<string> => {
    const { eventStreams } = (await (await ask(BULK, context())).json()) as Bulk;
    expect(eventStreams).toHaveLength(1);
    return eventStreams[0]?.endpoint.requestUri ?? '';
  };

  it('opens by its address alone, for a page of a named origin, and asks it to ask again at once', async () => {
    const address = await streamOf();
    const cut = new AbortController();
    const opened = await fetch(`${api.url}${address}`, { headers: { Origin: PAGE }, signal: cut.signal });
    expect(opened.status).toBe(200);
    expect(opened.headers.get('content-type')).toBe('text/event-stream');
    expect(opened.headers.get('access-control-allow-origin')).toBe(PAGE);
    const reader = (opened.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('data:')) text += (await reader.read()).value ?? '';
    expect(text).toMatch(/^retry: \d+\n\nid: [0-9a-f]+-\d+\nevent: message\ndata: \{"type":"refetchEvaluation"\}\n\n$/);
    cut.abort();
  });

  it('has nothing in its address of whom was asked for, and the same one while the answer is the same', async () => {
    const [one, other] = [await streamOf(), await streamOf()];
    expect(one).toBe(other);
    const access = Buffer.from(new URLSearchParams(one.split('?')[1]).get('access') ?? '', 'base64url').toString();
    expect(access).not.toMatch(/epi_/);
    expect(access).toContain('sandbox-stacks');
  });

  it.each([
    ['nothing', (address: string) => address.split('?')[0] ?? ''],
    ['something made up', (address: string) => `${address.split('?')[0] ?? ''}?access=${'A'.repeat(60)}`],
    ['something changed', (address: string) => `${address.slice(0, -2)}AA`],
    ['something cut short', (address: string) => address.slice(0, -10)],
    ['something long', (address: string) => address + 'A'.repeat(3_000)],
  ])('stays closed to %s', async (_, change) => {
    const answer = await fetch(`${api.url}${change(await streamOf())}`);
    expect(answer.status).toBe(401);
    expect(isFailure(await answer.json())).toBe(true);
  });

  it('ends when the API does, and holds its end up for nobody', async () => {
    const own = await startTestApi();
    try {
      await startMigration(own.db);
      const { body } = await own.as('sandbox-stacks').post(BULK, { context: context() });
      const opened = await fetch(`${own.url}${(body as Bulk).eventStreams[0]?.endpoint.requestUri ?? ''}`);
      expect(opened.status).toBe(200);
      await until('it is counted', async () =>
        (await (await fetch(`${own.url}/metrics`)).text()).includes('handoff_change_streams{process="api"} 1'),
      );
      await own.stopApi();
      expect(await opened.text()).toContain('refetchEvaluation');
    } finally {
      await own.stop();
    }
  });

  it('takes no other method', async () => {
    const answer = await ask(await streamOf(), {});
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
  });
});
