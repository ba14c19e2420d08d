import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SidesOutOfReach } from '../../../api/decisions/evaluation-failure';
import { createSplit } from '../../../store/splits';
import { openInstance, type ApiInstance } from '../../histories/api-instance';
import { openCuttableLink, type CuttableLink } from '../../histories/cuttable-link';
import { plantFault } from '../../histories/planted-faults';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { episodes, OTHERS, startMigration } from './started-migration';

const LEASE = 300;
/** More than a process lets pass until it is sure that nobody waits for it. */
const LONG = 60_000;
const OFTEN = 60;

let database: TestDatabase;
let folder: string;
let link: CuttableLink;
let instance: ApiInstance;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'handoff-own-'));
  await startMigration(database.db);
  await createSplit(database.db, { migration: 'payment-2026', ...OTHERS, lease: 60_000 });
  link = await openCuttableLink(database.url, folder);
});

afterEach(async () => {
  await instance.stop();
  await link.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
  instance = await openInstance({
    databaseUrl: link.url,
    journalFolder: join(folder, 'journal'),
    lease: LEASE,
    listens: true,
  });
}

const [unit = ''] = episodes(1);

async function ask(): Promise<unknown> {
  return instance.ask('payment-2026.payment', { targetingKey: unit });
}

describe('an API process that Postgres is out of reach for', () => {
  it('answers somebody new on its own once everybody else misses it', async () => {
    await open();
    await until('it may answer from memory', () => instance.holdsRight());
    link.cut('refused');
    await until('it answers on its own', () => {
      instance.skip(LONG);
      return instance.isAway();
    });
    expect(await ask()).toMatchObject({ value: 'legacy', metadata: { why: 'outOfReach' } });
  });

  it('answers nobody new on its own where nobody would miss it: it was never given a right (I1)', async () => {
    // What it reads it can read; what would write it down never comes to an end.
    await plantFault(database.db, {
      what: 'nobody is given a right',
      function: 'hold_sides_right',
      changes: [['BEGIN\n', 'BEGIN\n  PERFORM pg_sleep(60);\n']],
    });
    await open();
    await until('it knows the migration', () => ask().then(() => true));
    const [, other = ''] = episodes(2);
    link.cut('refused');
    // The one above answers after a few of these.
    let asked = 0;
    await until('it was asked often', async () => {
      instance.skip(LONG);
      await expect(instance.ask('payment-2026.payment', { targetingKey: other })).rejects.toThrow(SidesOutOfReach);
      return (asked += 1) >= OFTEN;
    });
    expect(instance.isAway()).toBe(false);
  });
});
