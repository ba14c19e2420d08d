import { Load } from '../../../api/decisions/load';
import { endMigration } from '../../../store/migration-records';
import { LONGEST_PROCESS_LEASE } from '../../../store/api-processes';
import { until } from '../../setup/until';
import { startTestApi, type TestApi } from '../api/running-api';
import { isFailure } from './ofrep-answers';
import { RawConnection } from './raw-connection';
import { episodes, startMigration } from './started-migration';

const FLAG = '/ofrep/v1/evaluate/flags/payment-2026.payment';
const BARE_FLAG = '/ofrep/v1/evaluate/flags/payment';

const LIMIT = 3;

type Ask = (targetingKey: string | undefined, flag?: string) => Promise<Response>;

/** With an API that takes on few questions at a time and remembers a unit: of a migration that it heard of by the question for it alone. */
async function withApiThatKnows(
  unit: string | undefined,
  test: (asking: { api: TestApi; ask: Ask }) => Promise<void>,
): Promise<void> {
  // It may answer from memory for as long as a slow machine takes.
  const api = await startTestApi({ waitingLimit: LIMIT, sidesLease: LONGEST_PROCESS_LEASE });
  const ask: Ask = async (targetingKey = '', flag = FLAG) =>
    fetch(`${api.url}${flag}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${api.tokens['sandbox-stacks']}` },
      body: JSON.stringify({ context: { targetingKey, state: 'CO' } }),
    });
  try {
    await until('it may answer from memory', async () =>
      /^handoff_sides_right\S* 1$/m.test(await (await fetch(`${api.url}/metrics`)).text()),
    );
    await startMigration(api.db);
    expect((await ask(unit)).status).toBe(200);
    await test({ api, ask });
  } finally {
    await api.stop();
  }
}

/** Does something while as many first questions wait as the API takes on, and one was refused; gives all their answers, the refused one first. */
async function whileFull(
  { api, ask }: { api: TestApi; ask: Ask },
  keys: readonly string[],
  meanwhile: () => Promise<void>,
): Promise<Response[]> {
  const answered: Response[] = [];
  let asking: Promise<void>[] = [];
  await api.db.transaction(async (connection) => {
    await connection.query('LOCK TABLE placement IN ACCESS EXCLUSIVE MODE');
    asking = keys.map(async (key) => {
      answered.push(await ask(key));
    });
    await until('one of them is refused', () => answered.length > 0);
    expect(answered.map(({ status }) => status)).toEqual([503]);
    await meanwhile();
    expect(answered).toHaveLength(1);
  });
  await Promise.all(asking);
  return answered;
}

describe('more first questions than a process takes on', () => {
  it('are told to ask again in whole seconds, never given a side; who is known is answered meanwhile, and who waits gets theirs', async () => {
    const [known] = episodes(1, 401);
    await withApiThatKnows(known, async ({ api, ask }) => {
      const answered = await whileFull({ api, ask }, episodes(LIMIT + 1, 400), async () => {
        expect((await ask(known)).status).toBe(200);
      });
      expect(answered.map(({ status }) => status)).toEqual([503, 200, 200, 200]);
      const [refused] = answered;
      expect(refused?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      const said = (await refused?.json()) as { errorCode: string; errorDetails: string };
      expect(isFailure(said)).toBe(true);
      expect(said).toMatchObject({ key: 'payment-2026.payment', errorCode: 'GENERAL' });
      expect(said.errorDetails).toContain('The patient keeps the side they have');
      expect((await ask(episodes(1, 402)[0])).status).toBe(200);
    });
  });

  it('keep nobody waiting who is known, also when their migration has ended', async () => {
    const [known] = episodes(1, 411);
    await withApiThatKnows(known, async ({ api, ask }) => {
      await endMigration(api.db, 'payment-2026');
      await until('the API has heard of its end', async () => (await ask(known, BARE_FLAG)).status === 404);
      await whileFull({ api, ask }, episodes(LIMIT + 1, 410), async () => {
        expect((await ask(known)).status).toBe(200);
      });
    });
  });

  it('are refused before their bodies come, where as many bodies are on their way', async () => {
    const api = await startTestApi({ waitingLimit: 2 });
    const open: RawConnection[] = [];
    try {
      for (let count = 0; count < 3; count += 1) {
        const asking = await RawConnection.open(api.url);
        open.push(asking);
        asking.ask(FLAG, api.tokens['sandbox-stacks'], 'Content-Length: 100');
      }
      await until('one of them is refused', () => open.some((asking) => asking.statuses().length > 0));
      expect(open.flatMap((asking) => asking.statuses())).toEqual([503]);
    } finally {
      for (const { socket } of open) socket.destroy();
      await api.stop();
    }
  });
});

describe('a process that comes late to everything', () => {
  it('answers 503 and when to ask again, where it may be late by nothing', async () => {
    const api = await startTestApi({ lateLimit: 0 });
    try {
      await startMigration(api.db);
      const answer = await until('it was late', async () => {
        const one = await fetch(`${api.url}${FLAG}`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${api.tokens['sandbox-stacks']}` },
          body: JSON.stringify({ context: { targetingKey: episodes(1)[0], state: 'CO' } }),
        });
        return one.status === 503 && one;
      });
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(isFailure(await answer.json())).toBe(true);
    } finally {
      await api.stop();
    }
  });

  it('takes on no question that must wait, and takes them on again when it is on time', async () => {
    let now = 0;
    let pace = 100;
    const load = new Load(10, { now: () => (now += pace) });
    const refuses = (): Promise<boolean> =>
      load.take(() => Promise.resolve(false)).catch((error: unknown) => (error as { status: number }).status === 503);
    try {
      expect(await refuses()).toBe(false);
      pace = 5_000;
      await until('it refuses', refuses);
      pace = 100;
      await until('it takes questions on', async () => !(await refuses()));
    } finally {
      load.stop();
    }
  });
});
