import { Load } from '../../../api/decisions/load';
import { until } from '../../setup/until';
import { startTestApi } from '../api/running-api';
import { isFailure } from './ofrep-answers';
import { RawConnection } from './raw-connection';
import { episodes, startMigration } from './started-migration';

const FLAG = '/ofrep/v1/evaluate/flags/payment-2026.payment';

describe('more first questions than a process takes on', () => {
  it('are told to ask again in whole seconds, never given a side; who is known is answered meanwhile, and who waits gets theirs', async () => {
    const limit = 3;
    const api = await startTestApi({ waitingLimit: limit });
    try {
      await startMigration(api.db);
      const keys = episodes(limit + 2, 400);
      const ask = async (targetingKey = ''): Promise<Response> =>
        fetch(`${api.url}${FLAG}`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${api.tokens['sandbox-stacks']}` },
          body: JSON.stringify({ context: { targetingKey, state: 'CO' } }),
        });
      const known = episodes(1, 401)[0];
      await until('a unit is remembered', async () => {
        const { metadata } = (await (await ask(known)).json()) as { metadata: { why: string } };
        return metadata.why === 'placedBefore';
      });
      const answered: Response[] = [];
      let asking: Promise<void>[] = [];
      await api.db.transaction(async (connection) => {
        await connection.query('LOCK TABLE placement IN ACCESS EXCLUSIVE MODE');
        asking = keys.slice(0, limit + 1).map(async (key) => {
          answered.push(await ask(key));
        });
        await until('one of them is refused', () => answered.length > 0);
        expect(answered.map(({ status }) => status)).toEqual([503]);
        expect((await ask(known)).status).toBe(200);
      });
      await Promise.all(asking);
      expect(answered.map(({ status }) => status)).toEqual([503, 200, 200, 200]);
      const [refused] = answered;
      expect(refused?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      const said = (await refused?.json()) as { errorCode: string; errorDetails: string };
      expect(isFailure(said)).toBe(true);
      expect(said).toMatchObject({ key: 'payment-2026.payment', errorCode: 'GENERAL' });
      expect(said.errorDetails).toContain('The patient keeps the side they have');
      expect((await ask(keys.at(-1))).status).toBe(200);
    } finally {
      await api.stop();
    }
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
  it('takes on no question that must wait, and takes them on again when it is on time', async () => {
    let now = 0;
    let pace = 100;
    const load = new Load(10, () => (now += pace));
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
