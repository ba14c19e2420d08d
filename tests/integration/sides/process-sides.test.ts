import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFlag, type PhaseFlag } from '../../../api/decisions/find-flag';
import { OutageJournal } from '../../../api/sides/outage-journal';
import { ProcessSides } from '../../../api/sides/process-sides';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { createLogger } from '../../../platform/logger';
import { systemClock } from '../../../platform/system-clock';
import { isSomebodyInLimbo } from '../../../store/api-processes';
import { Database } from '../../../store/database';
import { MigrationPlans } from '../../../store/migration-plans';
import { bringBackUnits } from '../../../store/placements';
import { changeSplit, createSplit, ProcessInLimbo, readSplit } from '../../../store/splits';
import { openCuttableLink, type CuttableLink } from '../../histories/cuttable-link';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { episodes, PAYMENT, PLAN_TEXT, PLAN_WITH_GUESSES, startMigration } from './started-migration';

/** Of splits: long. Of a process's right: short, so that a process that is cut off is soon without. */
const LEASE = 60_000;
const RIGHT = 1_500;
const QUEUE = { id: 'payment-not-routed', owner: 'care-coordination', slaMs: 7_200_000 };

let database: TestDatabase;
let db: Database;
let folder: string;
let migration: string;
let pilot: { migration: string; phase: string; cohort: string };
let running: TestProcess[] = [];
let started = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
  folder = await mkdtemp(join(tmpdir(), 'handoff-sides-'));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await start(PLAN_WITH_GUESSES);
});
afterEach(async () => {
  for (const one of running) await one.end();
  running = [];
  await db.query('DELETE FROM api_process');
});

async function start(planText: string): Promise<void> {
  migration = await startMigration(db, { id: `payment-${(started += 1)}`, planText });
  pilot = { migration, ...PAYMENT };
  await createSplit(db, { ...pilot, lease: LEASE });
  await write({ share: 100_000, mode: 'open', cause: 'raised' });
}

interface TestProcess {
  sides: ProcessSides;
  link: CuttableLink;
  ask(unit: string): Promise<{ value: string; why: string; reason: string }>;
  /** What it answers without asking anybody. */
  remembers(unit: string): { value: string; why: string } | undefined;
  /** Lets time have passed for it alone. */
  skip(milliseconds: number): void;
  /** Ends it; without farewell, where it cannot reach Postgres. */
  end(): Promise<void>;
}

async function startProcess(options: { journal?: string; capacity?: number } = {}): Promise<TestProcess> {
  const link = await openCuttableLink(database.url, await mkdtemp(join(folder, 'link-')));
  const own = Database.connect({
    url: link.url,
    applicationName: 'places',
    connections: 4,
    onIdleError: () => undefined,
  });
  const rightDb = Database.connect({
    ...{ url: link.url, applicationName: 'right', connections: 1, patience: 200 },
    onIdleError: () => undefined,
  });
  const plans = new MigrationPlans(systemClock);
  let skipped = 0;
  const sides = ProcessSides.start({
    ...{
      db: own,
      rightDb,
      databaseUrl: link.url,
      plans,
      name: 'test',
      lease: RIGHT,
      capacity: options.capacity ?? 1_000,
    },
    journal: options.journal === undefined ? undefined : await OutageJournal.open(options.journal),
    logger: createLogger('api', 'silent'),
    elapsed: () => performance.now() + skipped,
  });
  let flag: PhaseFlag | undefined;
  const flagNow = async (): Promise<PhaseFlag> =>
    (flag ??= sides.flag(`${migration}.payment`) ?? (await findFlag(db, plans, `${migration}.payment`)));
  let ended: Promise<void> | undefined;
  const process: TestProcess = {
    ...{ sides, link },
    ask: async (unit) => {
      const answer = await sides.evaluate(await flagNow(), { targetingKey: unit, attributes: { state: 'CO' } });
      if (answer === undefined) throw new Error('The context names no unit.');
      return { value: answer.value, why: answer.metadata.why, reason: answer.reason };
    },
    remembers: (unit) => {
      const answer = flag === undefined ? undefined : sides.remembered(flag, unit)?.evaluation;
      return answer === undefined ? undefined : { value: answer.value, why: answer.metadata.why };
    },
    skip: (milliseconds) => {
      skipped += milliseconds;
    },
    end: () =>
      (ended ??= (async () => {
        await sides.stop();
        await Promise.all([own.close(), rightDb.close()]);
        await link.close();
      })()),
  };
  running.push(process);
  await flagNow();
  await until('the right to answer from memory', () => sides.figures.right);
  return process;
}

async function write(content: {
  share: number;
  mode: 'open' | 'returning' | 'committed';
  cause: 'raised' | 'rollback' | 'committed';
}): Promise<number> {
  const { epoch: expectedEpoch = 0 } = (await readSplit(db, pilot)) ?? {};
  const change = { ...pilot, ...content, expectedEpoch, perDay: null, lease: LEASE };
  return (await new PostgresTrafficRouter(db).write(change)).epoch;
}

async function bringBack(epoch: number): Promise<void> {
  const of = { ...pilot, unitKind: 'episode' as const, milestones: [], epoch, bringBack: [null], queue: QUEUE };
  await bringBackUnits(db, of);
}

/** Cut off, and without its right; with a journal, until it answers on its own. */
async function cutOff(process: TestProcess): Promise<void> {
  process.link.cut('refused');
  await until('the right is over', () => !process.sides.figures.right);
}

async function away(process: TestProcess): Promise<void> {
  await cutOff(process);
  process.skip(10_000);
  await until('it answers on its own', () => process.sides.figures.away);
}

/** As `away`, and everybody else takes it for lost: by Postgres's clock, which does not skip. */
async function lost(process: TestProcess): Promise<void> {
  await away(process);
  await until('everybody else takes it for lost', () => isSomebodyInLimbo(db));
}

async function journalFolder(): Promise<string> {
  return mkdtemp(join(folder, 'journal-'));
}

describe('a unit that was asked for before', () => {
  it('is answered from memory, with the side and the words of a unit that is placed', async () => {
    const process = await startProcess();
    const [unit = ''] = episodes(1, started);
    expect(await process.ask(unit)).toMatchObject({ value: 'target', why: 'inShare' });
    const remembered = await until('it holds the right', () => process.remembers(unit));
    expect(remembered).toEqual({ value: 'target', why: 'placedBefore' });
  });

  it('is on legacy for every process when a bringing back has been answered, whatever they remembered (I1, I2)', async () => {
    const processes = [await startProcess(), await startProcess(), await startProcess()];
    const units = episodes(20, started);
    for (const process of processes) for (const unit of units) await process.ask(unit);
    await until('all to hold the right, and to remember', async () => {
      for (const process of processes) await process.ask(units[0] ?? '');
      return processes.every((process) => process.remembers(units[0] ?? '')?.value === 'target');
    });

    const epoch = await write({ share: 0, mode: 'returning', cause: 'rollback' });
    // Nobody remembers anybody on target from here on, and nobody begins to while people are being moved.
    for (const process of processes) {
      expect(process.remembers(units[0] ?? '')).toBeUndefined();
      expect(await process.ask(units[0] ?? '')).toMatchObject({ value: 'target' });
      expect(process.remembers(units[0] ?? '')).toBeUndefined();
    }
    await bringBack(epoch);
    await write({ share: 0, mode: 'open', cause: 'rollback' });
    for (const process of processes) {
      for (const unit of units) expect(await process.ask(unit)).toMatchObject({ value: 'legacy', why: 'placedBefore' });
    }
  });

  it('keeps a lowering waiting for a process that is cut off, until its right has run out', async () => {
    const process = await startProcess();
    const [unit = ''] = episodes(1, started);
    await process.ask(unit);
    await until('it holds the right', () => process.remembers(unit));
    process.link.cut('silent');
    await write({ share: 0, mode: 'open', cause: 'rollback' });
    expect(process.sides.figures.right).toBe(false);
    process.link.cut('refused');
  });

  it('is forgotten when too many others were asked for since, and keeps its side', async () => {
    const process = await startProcess({ capacity: 10 });
    const [first = '', ...others] = episodes(30, started);
    const answer = await process.ask(first);
    for (const unit of others) await process.ask(unit);
    expect(process.sides.figures.known).toBe(10);
    expect(process.remembers(first)).toBeUndefined();
    expect((await process.ask(first)).value).toBe(answer.value);
  });
});

describe('with Postgres out of reach', () => {
  it('a unit that is remembered keeps its side, as STALE; one that is not gets no side without a journal', async () => {
    const process = await startProcess();
    const [known = '', unknown = ''] = episodes(2, started);
    await process.ask(known);
    await cutOff(process);
    await until('the failure is noticed', () => process.remembers(known) !== undefined);
    expect(await process.ask(known)).toEqual({ value: 'target', why: 'stale', reason: 'STALE' });
    process.skip(60_000);
    await expect(process.ask(unknown)).rejects.toMatchObject({ code: 'sides-out-of-reach', status: 503 });
  });

  it('I1 a unit that may have been written down when the connection broke is not answered as a new one', async () => {
    const process = await startProcess({ journal: await journalFolder() });
    const [known = '', unit = ''] = episodes(2, started);
    await process.ask(known);
    process.link.cut('silent');
    const asked = process.ask(unit).catch((error: unknown) => error);
    await until('it is under way', () => process.sides.figures.arrivals === 1);
    process.link.cut('refused');
    expect(await asked).toMatchObject({ code: 'sides-out-of-reach' });
    await away(process);
    await expect(process.ask(unit)).rejects.toMatchObject({ code: 'sides-out-of-reach' });
    expect(process.sides.figures.owed).toBe(0);
    process.link.mend();
    await until('the right is there again', () => process.sides.figures.right);
    expect(await process.ask(unit)).toMatchObject({ value: 'target' });
  });

  it('I1 whoever finishes on target after a rollback is not told legacy, though no longer remembered', async () => {
    const process = await startProcess({ journal: await journalFolder() });
    const [unit = ''] = episodes(1, started);
    await process.ask(unit);
    await write({ share: 0, mode: 'returning', cause: 'rollback' });
    await write({ share: 0, mode: 'open', cause: 'rollback' });
    await away(process);
    await expect(process.ask(unit)).rejects.toMatchObject({ code: 'sides-out-of-reach' });
  });

  it('I1 whoever is legacy by a process that did not know of the commit yet is a case for a person', async () => {
    const process = await startProcess({ journal: await journalFolder() });
    const [unit = ''] = episodes(1, started);
    process.link.cut('refused');
    // Its lease runs still, so nobody misses it.
    await db.query(`UPDATE api_process SET lease_until = clock_timestamp() + interval '1 minute'`);
    await write({ share: 100_000, mode: 'committed', cause: 'committed' });
    await away(process);
    expect(await process.ask(unit)).toMatchObject({ value: 'legacy', why: 'outOfReach' });
    process.link.mend();
    await until('the right is there again', () => process.sides.figures.right);
    expect(await process.ask(unit)).toMatchObject({ value: 'legacy', why: 'placedBefore' });
    const { rows } = await db.query<{ side: string; journey: string }>(
      `SELECT side, journey FROM exception WHERE migration = $1 AND cause LIKE 'outage:%'`,
      [migration],
    );
    expect(rows).toEqual([{ side: 'legacy', journey: unit }]);
  });

  it('a process whose right another has taken meanwhile asks Postgres, and answers nobody as last known', async () => {
    const process = await startProcess();
    const [unit = ''] = episodes(1, started);
    await process.ask(unit);
    await cutOff(process);
    await until('the failure is noticed', () => process.remembers(unit) !== undefined);
    await db.query(
      `UPDATE api_process SET incarnation = gen_random_uuid(), lease_until = clock_timestamp() + interval '1 hour', seen_version = 1e9`,
    );
    await bringBack(await write({ share: 0, mode: 'returning', cause: 'rollback' }));
    process.link.mend();
    await until('it asks again', () => process.remembers(unit) === undefined);
    expect(await process.ask(unit)).toMatchObject({ value: 'legacy', why: 'placedBefore' });
  });

  it('a new unit gets what its phase declares, but not before everybody else takes the process for lost', async () => {
    const process = await startProcess({ journal: await journalFolder() });
    const [unit = ''] = episodes(1, started);
    await cutOff(process);
    await expect(process.ask(unit)).rejects.toMatchObject({ code: 'sides-out-of-reach' });
    process.skip(10_000);
    await until('it answers on its own', () => process.sides.figures.away);
    // Its own clock alone was skipped.
    await until('everybody else takes it for lost', () => isSomebodyInLimbo(db));
    expect(await process.ask(unit)).toEqual({ value: 'legacy', why: 'outOfReach', reason: 'DEFAULT' });
    expect(await process.ask(unit)).toMatchObject({ value: 'legacy', why: 'outOfReach' });
    expect(process.sides.figures.owed).toBe(1);
  });

  it('nobody new goes to target anywhere meanwhile, and nothing is committed (I1)', async () => {
    const gone = await startProcess({ journal: await journalFolder() });
    const other = await startProcess();
    await lost(gone);
    const [unit = '', later = ''] = episodes(2, started);
    expect(await other.ask(unit)).toMatchObject({ value: 'legacy', why: 'limbo' });
    await expect(write({ share: 100_000, mode: 'committed', cause: 'committed' })).rejects.toThrow(ProcessInLimbo);
    gone.link.mend();
    await until('the right is there again', () => gone.sides.figures.right);
    expect(await other.ask(later)).toMatchObject({ value: 'target', why: 'inShare' });
  });

  it('what was answered becomes the side, before anything else is answered', async () => {
    const process = await startProcess({ journal: await journalFolder() });
    const other = await startProcess();
    const units = episodes(30, started);
    await lost(process);
    for (const unit of units) expect((await process.ask(unit)).value).toBe('legacy');
    process.link.mend();
    await until('the right is there again', () => process.sides.figures.right);
    expect(process.sides.figures.owed).toBe(0);
    for (const unit of units) {
      expect(await other.ask(unit)).toMatchObject({ value: 'legacy', why: 'placedBefore' });
      expect(await process.ask(unit)).toMatchObject({ value: 'legacy', why: 'placedBefore' });
    }
  });

  it('what was answered outlives the process that answered it', async () => {
    const journal = await journalFolder();
    const process = await startProcess({ journal });
    const [unit = ''] = episodes(1, started);
    await lost(process);
    await process.ask(unit);
    await process.end();
    expect(await isSomebodyInLimbo(db)).toBe(true);
    const back = await startProcess({ journal });
    expect(await isSomebodyInLimbo(db)).toBe(false);
    expect(await back.ask(unit)).toMatchObject({ value: 'legacy', why: 'placedBefore' });
  });

  it('a side that another process wrote just before stays, and the contradiction is one case, however often it is given back', async () => {
    const process = await startProcess({ journal: await journalFolder() });
    const other = await startProcess();
    const [unit = ''] = episodes(1, started);
    expect(await other.ask(unit)).toMatchObject({ value: 'target' });
    await away(process);
    expect(await process.ask(unit)).toMatchObject({ value: 'legacy', why: 'outOfReach' });
    process.link.mend();
    await until('the right is there again', () => process.sides.figures.right);
    expect(await process.ask(unit)).toMatchObject({ value: 'target', why: 'placedBefore' });
    const { rows } = await db.query<{ queue: string; side: string; journey: string }>(
      `SELECT queue, side, journey FROM exception WHERE migration = $1 AND cause LIKE 'outage:%'`,
      [migration],
    );
    expect(rows).toEqual([{ queue: expect.any(String), side: 'target', journey: unit }]);
  });

  it('I1 a phase that declares no side gets none for a new unit, and nobody misses the process', async () => {
    await db.query(`UPDATE migration SET state = 'ended' WHERE state = 'live'`);
    await start(PLAN_TEXT);
    const process = await startProcess({ journal: await journalFolder() });
    const [unit = ''] = episodes(1, started);
    await cutOff(process);
    process.skip(60_000);
    await expect(process.ask(unit)).rejects.toMatchObject({ code: 'sides-out-of-reach' });
    expect(await isSomebodyInLimbo(db)).toBe(false);
  });

  it('nobody new is answered while people are being brought back', async () => {
    const process = await startProcess({ journal: await journalFolder() });
    const [unit = ''] = episodes(1, started);
    await write({ share: 0, mode: 'returning', cause: 'rollback' });
    await until('the right is there again', () => process.sides.figures.right);
    await away(process);
    await expect(process.ask(unit)).rejects.toMatchObject({ code: 'sides-out-of-reach' });
  });
});

describe('a process', () => {
  it('takes leave when it ends, so that no rollback waits for it', async () => {
    const process = await startProcess({ journal: await journalFolder() });
    await process.end();
    const { rows } = await db.query('SELECT FROM api_process');
    expect(rows).toHaveLength(0);
  });

  it('does not share its journal with another', async () => {
    const journal = await journalFolder();
    await startProcess({ journal });
    await expect(OutageJournal.open(journal)).rejects.toThrow(/journal folder/);
  });

  it('answers what it finds in the half-written last line of its journal to nobody, and goes on', async () => {
    const journal = await journalFolder();
    const first = await OutageJournal.open(journal);
    const answer = {
      ...pilot,
      unit: episodes(1, started)[0] ?? '',
      side: 'legacy' as const,
      epoch: 2,
      journey: null,
      at: 'now',
    };
    await first.write(answer);
    await first.close();
    const { appendFile } = await import('node:fs/promises');
    await appendFile(join(journal, 'answers.ndjson'), '{"migration":"payme');
    const again = await OutageJournal.open(journal);
    expect(await again.all()).toEqual([answer]);
    await again.write({ ...answer, unit: episodes(2, started)[1] ?? '' });
    await again.close();
    const third = await OutageJournal.open(journal);
    expect(third.size).toBe(2);
    await third.close();
  });

  it('is refused a change under a split that is committed while nobody is lost', async () => {
    const committed = await write({ share: 100_000, mode: 'committed', cause: 'committed' });
    await expect(
      changeSplit(db, {
        ...{ ...pilot, expectedEpoch: committed, share: 0, perDay: null, mode: 'open' as const, lease: LEASE },
        cause: 'rollback',
      }),
    ).rejects.toMatchObject({ code: 'split-committed' });
  });
});
