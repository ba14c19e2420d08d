import type { Plan } from '../../domain/plan/plan-schema';
import { until } from '../setup/until';
import { RunningEngine, small, type RunningMigration } from './running-engine';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
});

afterAll(async () => {
  await engine.stop();
});

function twoCohorts(plan: Plan): void {
  small(plan);
  const [phase] = plan.phases;
  if (phase === undefined) throw new Error('The fixture plan has no phase.');
  phase.cohorts = [
    { id: 'pilot', when: { state: ['CO'] } },
    { id: 'others', when: {} },
  ];
}

async function bothWatching(): Promise<RunningMigration> {
  const migration = await engine.migrate(twoCohorts);
  for (const cohort of ['pilot', 'others']) await migration.reaches('awaitingGoNoGo', cohort);
  await migration.says('approve', 'one');
  await migration.says('approve', 'two');
  for (const cohort of ['pilot', 'others']) await migration.reaches('watching', cohort);
  return migration;
}

/** While another transaction holds the pilot's split, nobody can lower it. */
async function whileHeld(migration: RunningMigration, doing: () => Promise<void>): Promise<void> {
  await engine.database.db.transaction(async (connection) => {
    // It holds on however long that takes.
    await connection.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await connection.query(`SELECT 1 FROM split WHERE migration = $1 AND cohort = 'pilot' FOR UPDATE`, [migration.id]);
    await doing();
  });
}

/** An answer together with what the splits held when it came. */
class Answer {
  here = false;
  readonly shares: Promise<number[]>;

  constructor(migration: RunningMigration, command: Promise<unknown>) {
    this.shares = command.then(async () => {
      this.here = true;
      return Promise.all(['pilot', 'others'].map(async (cohort) => (await migration.split(cohort)).share));
    });
  }
}

describe('I2 a stop is answered when nobody new goes to target', () => {
  it('an abort of a cohort, although its split is held up', async () => {
    const migration = await bothWatching();
    let aborted: Answer | undefined;
    await whileHeld(migration, async () => {
      aborted = new Answer(migration, migration.says('abort', 'one', { cohort: 'pilot' }));
      await migration.reaches('takenOut', 'pilot');
      // Two commands that came after it are answered first.
      await migration.says('pause', 'lead', { cohort: 'others' });
      await migration.says('resume', 'one', { cohort: 'others' });
      expect(aborted.here).toBe(false);
      expect((await migration.split('pilot')).share).toBe(10_000);
    });
    expect((await aborted?.shares)?.[0]).toBe(0);
  });

  it('a rollback of the phase, also by a cohort that was being taken out when it came', async () => {
    const migration = await bothWatching();
    let aborted: Answer | undefined;
    let rolledBack: Answer | undefined;
    await whileHeld(migration, async () => {
      aborted = new Answer(migration, migration.says('abort', 'one', { cohort: 'pilot' }));
      await migration.reaches('takenOut', 'pilot');
      rolledBack = new Answer(migration, migration.says('rollback', 'one', { scope: 'phase' }));
      await migration.reaches('rolledBack', 'others');
      await migration.says('reject', 'one', { cohort: 'others' });
      expect(rolledBack.here).toBe(false);
      expect((await migration.split('pilot')).share).toBe(10_000);
    });
    expect(await rolledBack?.shares).toEqual([0, 0]);
    await aborted?.shares;
  });
});

describe('a rollback of the migration while its phase waits for the go', () => {
  it('ends a go that was half given: the other half starts nobody', async () => {
    const migration = await engine.migrate(small);
    await migration.reaches('awaitingGoNoGo');
    await migration.says('approve', 'one');
    const answer = await migration.tells('rollback', 'one', { scope: 'migration', reason: 'harm' });
    expect(answer).toMatchObject({
      cohorts: [{ cohort: 'everyone', status: 'notReady' }],
      migration: { status: 'rolledBack' },
    });
    await expect(migration.says('approve', 'two')).rejects.toMatchObject({ cause: { type: 'approval-not-wanted' } });
    expect(await migration.audited('goNoGo.void')).toEqual([{ actor: 'one', verified: true, reason: 'harm' }]);
  });
});

describe('R48 a rollback of the migration over one of a step', () => {
  it('takes over while the step back is settled, and ends at zero', async () => {
    const migration = await bothWatching();
    await migration.outcomes('target', 5, 0, 'pilot');
    await until('the second step', async () => {
      const run = await migration.run('pilot');
      return run?.status === 'watching' && run.step === 1 ? true : undefined;
    });
    let narrow: Answer | undefined;
    let wide: Answer | undefined;
    await whileHeld(migration, async () => {
      narrow = new Answer(migration, migration.says('rollback', 'one', { scope: 'step', cohort: 'pilot' }));
      await migration.reaches('rollingBack', 'pilot');
      wide = new Answer(migration, migration.tells('rollback', 'lead', { scope: 'migration' }));
      await migration.reaches('rolledBack', 'others');
      expect(wide.here).toBe(false);
    });
    expect(await wide?.shares).toEqual([0, 0]);
    expect(await migration.reaches('rolledBack', 'pilot')).toMatchObject({
      share: 0,
      rollback: { scope: 'migration', by: 'lead', failures: [] },
    });
    await narrow?.shares;
  });
});
