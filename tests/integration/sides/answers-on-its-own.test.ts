import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SidesOutOfReach } from '../../../api/decisions/evaluation-failure';
import { loadPlan } from '../../../domain/plan/load-plan';
import { createMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { changeSplit, createSplit } from '../../../store/splits';
import { openInstance, type ApiInstance } from '../../histories/api-instance';
import { openCuttableLink, type CuttableLink } from '../../histories/cuttable-link';
import { plantFault } from '../../histories/planted-faults';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { episodes, OTHERS, PLAN_WITH_GUESSES, startMigration } from './started-migration';

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
  await startMigration(database.db, { planText: PLAN_WITH_GUESSES });
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

/** Two phases of which the second is committed, and an instance. */
async function openTwoPhases(): Promise<void> {
  const { plan } = loadPlan(PLAN_WITH_GUESSES);
  const phases = (['intake', 'payment'] as const).flatMap((id) => {
    const unit = id === 'intake' ? ('patient' as const) : ('episode' as const);
    return plan.phases.map((phase) => ({ ...phase, id, unit }));
  });
  const { db } = database;
  await savePlan(db, { hash: 'two-phases', plan: { ...plan, phases }, source: '' });
  await createMigration(db, {
    ...{ id: 'whole-2026', planHash: 'two-phases', salt: 'salt', timeScale: 1, startedBy: 'release-manager-1' },
  });
  for (const phase of phases)
    await createSplit(db, { migration: 'whole-2026', ...OTHERS, phase: phase.id, lease: LONG });
  const key = { migration: 'whole-2026', ...OTHERS };
  const write = { ...key, share: 100_000, perDay: null, lease: LONG };
  await changeSplit(db, { ...write, expectedEpoch: 1, mode: 'open', cause: 'raised' });
  await changeSplit(db, { ...write, expectedEpoch: 2, mode: 'committed', cause: 'committed' });
  await open();
  await until('it may answer from memory', () => instance.holdsRight());
}

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

  it('I14 tells nobody target of a committed phase who may be on legacy in the phase before it', async () => {
    await openTwoPhases();
    const patient = 'pat_7d444840-9dc0-41d1-b245-5ffdce74fad2';
    link.cut('refused');
    await until('it answers on its own', () => {
      instance.skip(LONG);
      return instance.isAway();
    });
    // Another process may have been asked for this patient's side in the phase before, or nobody; nothing here tells which.
    const named: Record<string, string>[] = [{}, { patient }];
    for (const known of named) {
      await expect(instance.ask('whole-2026.payment', { targetingKey: unit, ...known })).rejects.toThrow(
        SidesOutOfReach,
      );
    }
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
