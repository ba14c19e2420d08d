import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutageJournal } from '../../../api/sides/outage-journal';
import type { OutageAnswer } from '../../../domain/sides/outage-answer';
import { createSplit } from '../../../store/splits';
import { openInstance, type ApiInstance } from '../../histories/api-instance';
import { openCuttableLink, type CuttableLink } from '../../histories/cuttable-link';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { episodes, OTHERS, PLAN_WITH_GUESSES, startMigration } from './started-migration';

/** More than a process lets pass until it is sure that nobody waits for it. */
const LONG = 60_000;
const FLAG = 'payment-2026.payment';

let database: TestDatabase;
let folder: string;
let journalFolder: string;
let link: CuttableLink;
let instance: ApiInstance | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'handoff-journal-'));
  journalFolder = join(folder, 'journal');
  await startMigration(database.db, { planText: PLAN_WITH_GUESSES });
  await createSplit(database.db, { migration: 'payment-2026', ...OTHERS, lease: LONG });
  link = await openCuttableLink(database.url, folder);
});

afterEach(async () => {
  await instance?.stop();
  instance = undefined;
  await link.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<ApiInstance> {
  return (instance = await openInstance({ databaseUrl: link.url, journalFolder, lease: 300, listens: true }));
}

function answered(unit: string, changed: Partial<OutageAnswer> = {}): OutageAnswer {
  return {
    ...{ migration: 'payment-2026', phase: 'payment', unit, cohort: OTHERS.cohort, side: 'legacy', epoch: 1 },
    ...{ journey: null, at: '2026-01-01T00:00:00.000Z' },
    ...changed,
  };
}

describe('a journal with answers that Postgres will never take', () => {
  it('gives back all the others, keeps those for a person, and the process goes on', async () => {
    const units = episodes(40);
    const bad = [
      answered(units[7] ?? '', { migration: 'gone-2025' }),
      answered(units[20] ?? '', { side: 'nowhere' as 'legacy' }),
      answered(units[21] ?? '', { epoch: 'seven' as unknown as number }),
    ];
    const strange = new Set(bad.map(({ unit }) => unit));
    const journal = await OutageJournal.open(journalFolder);
    for (const unit of units) await journal.write(bad.find((one) => one.unit === unit) ?? answered(unit));
    await journal.close();

    const process = await start();
    await until('everything is given back', () => process.holdsRight() && process.owesNothing());
    for (const unit of units.filter((one) => !strange.has(one))) {
      expect(await process.ask(FLAG, { targetingKey: unit })).toMatchObject({
        value: 'legacy',
        metadata: { why: 'placedBefore' },
      });
    }
    const kept = readFileSync(join(journalFolder, 'set-aside.ndjson'), 'utf8').trimEnd().split('\n');
    const byUnit = (a: OutageAnswer, b: OutageAnswer): number => a.unit.localeCompare(b.unit);
    expect(kept.map((line) => JSON.parse(line) as OutageAnswer).sort(byUnit)).toEqual([...bad].sort(byUnit));
    await process.stop();
    const again = await OutageJournal.open(journalFolder);
    expect({ owed: again.size, aside: again.sizeAside }).toEqual({ owed: 0, aside: 3 });
    await again.close();
  });
});

describe('a journal whose disk takes nothing any more', () => {
  it('answers nobody new, by a failure of that name, and known units as before', async () => {
    const process = await start();
    await until('it may answer from memory', () => process.holdsRight());
    const [known = '', unknown = '', later = ''] = episodes(3);
    await process.ask(FLAG, { targetingKey: known });
    link.cut('refused');
    await until('it answers on its own', () => {
      process.skip(LONG);
      return process.isAway();
    });
    const refused = await withDiskFull(() =>
      process.ask(FLAG, { targetingKey: unknown }).catch((error: unknown) => error),
    );
    expect(refused).toMatchObject({ code: 'journal-not-written', status: 503 });
    expect(await process.ask(FLAG, { targetingKey: known })).toMatchObject({ metadata: { why: 'stale' } });
    // With room again it goes on, without a restart.
    expect(await process.ask(FLAG, { targetingKey: later })).toMatchObject({ metadata: { why: 'outOfReach' } });
    expect(process.owesNothing()).toBe(false);
  });
});

/** Each write to a file fails meanwhile, as on a disk that is full. */
async function withDiskFull<Result>(work: () => Promise<Result>): Promise<Result> {
  const file = await open(join(folder, 'any'), 'w');
  await file.close();
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const writes = jest.spyOn(Object.getPrototypeOf(file) as FileHandle, 'appendFile').mockRejectedValue(full);
  try {
    return await work();
  } finally {
    writes.mockRestore();
  }
}
