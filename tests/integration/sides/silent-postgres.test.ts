import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { SidesOutOfReach } from '../../../api/decisions/evaluation-failure';
import { changeSplit, createSplit } from '../../../store/splits';
import { openInstance, type ApiInstance } from '../../histories/api-instance';
import { openCuttableLink, type CuttableLink } from '../../histories/cuttable-link';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { startTestApi } from '../api/running-api';
import { episodes, OTHERS, startMigration } from './started-migration';

const FLAG = 'payment-2026.payment';
const LEASE = 300;
const [known = '', asked = '', another = ''] = episodes(3);

let database: TestDatabase;
let folder: string;
let link: CuttableLink;
let instance: ApiInstance;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'handoff-silent-'));
  await startMigration(database.db);
  const split = { migration: 'payment-2026', ...OTHERS, lease: 60_000 };
  await createSplit(database.db, split);
  await changeSplit(database.db, {
    ...{ ...split, share: 100_000, perDay: null, expectedEpoch: 1, mode: 'open', cause: 'raised' },
  });
  link = await openCuttableLink(database.url, folder);
  instance = await openInstance({
    ...{ databaseUrl: link.url, journalFolder: join(folder, 'journal'), lease: LEASE, listens: false },
  });
  await until('it may answer from memory', () => instance.holdsRight());
});

afterEach(async () => {
  link.mend();
  await instance.stop();
  await link.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (targetingKey: string): Promise<unknown> => instance.ask(FLAG, { targetingKey });

async function sidesWritten(): Promise<Record<string, unknown>[]> {
  const { rows } = await database.db.query('SELECT unit, side FROM placement ORDER BY placed_at');
  return rows;
}

describe('a Postgres that takes what it is sent and says nothing', () => {
  it('keeps nobody who asks waiting: neither the one under way, nor the next', async () => {
    await ask(known);
    link.cut('silent');
    await expect(ask(asked)).rejects.toThrow(SidesOutOfReach);
    await expect(ask(another)).rejects.toThrow(SidesOutOfReach);
    expect(await ask(known)).toMatchObject({ value: 'target', metadata: { why: 'stale' } });
  });

  it('I1 answers whoever was refused what was written down for them all the same', async () => {
    link.cut('silent');
    await expect(ask(asked)).rejects.toThrow(SidesOutOfReach);
    expect(await sidesWritten()).toEqual([]);
    link.mend();
    await until('it is written down', async () => (await sidesWritten()).length > 0);
    expect(await sidesWritten()).toEqual([{ unit: asked, side: 'target' }]);
    await until('it is in touch', () =>
      ask(another).then(
        () => true,
        () => false,
      ),
    );
    expect(await ask(asked)).toMatchObject({ value: 'target', metadata: { why: 'placedBefore' } });
  });

  it('is told by /readyz', async () => {
    const api = await startTestApi({ databaseUrl: link.url });
    try {
      expect((await request(api.url).get('/readyz')).status).toBe(200);
      link.cut('silent');
      const { status, body } = await request(api.url).get('/readyz');
      expect([status, (body as { missing: unknown[] }).missing]).toEqual([
        503,
        [{ part: 'postgres', detail: 'Postgres does not answer at DATABASE_URL.' }],
      ]);
      link.mend();
    } finally {
      await api.stop();
    }
  });
});
