import { previewMigrationRollback } from '../../activities/rollback/preview-migration-rollback';
import { holdMigration } from '../../store/migration-holds';
import { lapseExpiredSplits, lowerAllOpenSplits } from '../../store/splits';
import { until } from '../setup/until';
import { person } from './person';
import { RunningEngine, small, smallTwice, type RunningMigration } from './running-engine';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
});

afterAll(async () => {
  await engine.stop();
});

async function atFirstStep(change = small): Promise<RunningMigration> {
  const migration = await engine.migrate(change);
  await migration.approvedToStart();
  await migration.reaches('watching');
  return migration;
}

/** What was carried out, as it was written down when it was planned. */
async function executed(migration: RunningMigration): Promise<{ phase: string; cohort: string; action: object }[]> {
  const { rows } = await engine.database.db.query<{ phase: string; cohort: string; action: object; done: boolean }>(
    `SELECT phase, cohort, action, done_at IS NOT NULL AS done FROM rollback_action WHERE migration = $1
      ORDER BY phase, cohort, ordinal`,
    [migration.id],
  );
  expect(rows.every(({ done }) => done)).toBe(true);
  return rows.map(({ phase, cohort, action }) => ({ phase, cohort, action }));
}

describe('a migration as a whole', () => {
  it('R48 is paused by one person: its phase stops, and each goes on by a decision of its own', async () => {
    const migration = await atFirstStep();
    const answer = await migration.tells('pause', 'lead', { reason: 'a doubt' });
    expect(answer).toMatchObject({
      cohorts: [{ cohort: 'everyone', status: 'paused' }],
      migration: { status: 'paused', phase: 'payment' },
    });
    expect(await migration.progress()).toMatchObject({
      status: 'paused',
      phase: 'payment',
      because: { by: 'lead', verified: true, message: 'a doubt' },
      request: { kind: 'goOn', given: [] },
    });
    await until('the split to be down', async () => ((await migration.split()).share === 0 ? true : undefined));
    expect(await migration.audited('migration.paused')).toEqual([{ actor: 'lead', verified: true, reason: 'a doubt' }]);
    expect(await migration.audited('paused')).toEqual([{ actor: 'lead', verified: true, reason: 'a doubt' }]);

    await migration.tells('resume', 'two');
    expect(await migration.progress()).toMatchObject({ status: 'running', phase: 'payment' });
    expect(await migration.run()).toMatchObject({ status: 'paused' });
    await migration.says('resume', 'one');
    await migration.reaches('watching');
  });

  it('I12 rolls back what its preview listed: the phase under way, and the committed one as what cannot be reversed', async () => {
    const migration = await engine.migrate(smallTwice);
    await migration.commits();
    const committed = await migration.split();
    await migration.reaches('awaitingGoNoGo', 'everyone', 'provider-routing');
    await migration.says('approve', 'one', {}, 'provider-routing');
    await migration.says('approve', 'two', {}, 'provider-routing');
    await migration.reaches('watching', 'everyone', 'provider-routing');

    const preview = await previewMigrationRollback(engine.database.db, migration.id);
    expect(preview.phases.map(({ phase }) => phase)).toEqual(['provider-routing']);
    expect(preview.actions).toEqual([
      { kind: 'holdMigration', phases: [] },
      { kind: 'cannotReverse', phase: 'payment', cohorts: ['everyone'], people: 0 },
    ]);
    const answer = await migration.tells('rollback', 'one', { scope: 'migration', reason: 'patients wait' });
    // I2: answered when nobody new goes to target.
    expect(answer.cohorts.map(({ cohort }) => cohort)).toEqual(['everyone']);
    expect((await migration.split('everyone', 'provider-routing')).share).toBe(0);
    expect(answer.migration).toEqual({ status: 'rolledBack', phase: 'provider-routing' });
    await migration.reaches('rolledBack', 'everyone', 'provider-routing');
    await until('what cannot be reversed to be written down', async () =>
      (await migration.audited('migration.cannotReverse')).length === 1 ? true : undefined,
    );
    expect(await executed(migration)).toEqual([
      ...preview.actions.map((action) => ({ phase: '', cohort: '', action })),
      ...preview.phases.flatMap(({ phase, cohorts }) =>
        cohorts.flatMap(({ cohort, actions }) => actions.map((action) => ({ phase, cohort, action }))),
      ),
    ]);
    expect(await migration.split()).toEqual(committed);
  });

  it('I3 nothing of it rises while it is held, and each goes on after it does', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    await migration.tells('pause', 'lead');
    // The cohort may go on by a decision of its own; its split may not, until the migration does.
    await migration.says('resume', 'one');
    const held = await migration.reaches('held');
    expect(held.because?.message).toContain('handoff resume');
    expect(await migration.split()).toMatchObject({ share: 0 });
    await migration.tells('resume', 'one');
    await migration.says('resume', 'one');
    await migration.reaches('watching');
    expect(await migration.split()).toMatchObject({ share: 10_000 });
  });

  it('I3 a commit does not get past a hold that nobody but Postgres knows of', async () => {
    const migration = await engine.migrate((plan) => {
      small(plan);
      for (const phase of plan.phases) phase.ramp = phase.ramp.slice(-1);
    });
    await migration.approvedToStart();
    await until('the ramp to end', async () => {
      const run = await migration.run();
      if (run?.status === 'awaitingCommit') return true;
      if (run !== undefined && run.share > 0) await migration.outcomes('target', 5, 0);
      return undefined;
    });
    await holdMigration(engine.database.db, { migration: migration.id, actor: person('lead') });
    await migration.says('approve', 'one');
    await until('the commit to be refused', async () => {
      const run = await migration.run();
      return run !== undefined && run.status !== 'committing' && run.status !== 'awaitingCommit';
    });
    expect(await migration.split()).toMatchObject({ mode: 'open' });
  });

  it('I4 a lapse is not mended past a stop, and the workflow that was never told of it is, so that it can be resumed', async () => {
    const migration = await atFirstStep((plan) => {
      small(plan);
      for (const phase of plan.phases) phase.resumeWithin = 900_000;
    });
    const { db } = engine.database;
    const raised = (await migration.split()).epoch;
    await engine.stopWorkers();
    await db.query(`UPDATE split SET lease_until = clock_timestamp() - interval '1 second' WHERE migration = $1`, [
      migration.id,
    ]);
    await lapseExpiredSplits(db);
    // As `stop-all` with Temporal away: only Postgres has it.
    await holdMigration(db, { migration: migration.id, actor: person('lead'), reason: 'labels-mixed-up' });
    await lowerAllOpenSplits(db, { cause: 'stopped', actor: 'lead' });
    await engine.startWorker();
    await until('the workflow to be told', async () => (await migration.progress())?.heard === 1);
    expect(await migration.progress()).toMatchObject({
      status: 'paused',
      because: { by: 'lead', message: 'labels-mixed-up' },
    });
    expect(await migration.audited('migration.paused')).toHaveLength(1);
    const risen = async (): Promise<number> => {
      const { rows } = await db.query(
        `SELECT FROM split_change WHERE migration = $1 AND epoch > $2 AND cause IN ('raised', 'restored')`,
        [migration.id, raised],
      );
      return rows.length;
    };
    // Paused before it has found the lapse, it still tells of the share that it knew, until it has lowered it.
    await until('the cohort to wait for a person, on legacy', async () => {
      const run = await migration.run();
      return (run?.status === 'held' || run?.status === 'paused') && run.share === 0;
    });
    expect(await risen()).toBe(0);
    expect((await migration.split()).share).toBe(0);
    await migration.tells('resume', 'two');
    await migration.says('resume', 'two');
    await migration.reaches('watching');
    expect(await risen()).toBe(1);
  });

  it('starts no other phase while it is held, and starts it when people let it go on', async () => {
    const migration = await engine.migrate((plan) => {
      smallTwice(plan);
      for (const phase of plan.phases) phase.dwell = 86_400_000 * 40;
    });
    await migration.commits();
    await until('the dwell', async () => (await migration.progress())?.status === 'dwelling');
    await migration.tells('pause', 'lead');
    const paused = await migration.progress();
    expect(paused).toMatchObject({ status: 'paused', phase: 'payment', dwellUntil: null });
    // For longer than the dwell would have taken.
    const over = Date.now() + Number(paused?.dwellLeft) + 500;
    await until('the time to be over', () => Promise.resolve(Date.now() > over));
    expect(await migration.run('everyone', 'provider-routing')).toBeUndefined();
    await migration.tells('resume', 'one');
    await migration.reaches('awaitingGoNoGo', 'everyone', 'provider-routing');
  });

  it('is held by a gate whose rule takes the migration back', async () => {
    const migration = await atFirstStep((plan) => {
      small(plan);
      for (const rule of plan.rollbackRules) rule.action = { kind: 'rollback', scope: 'migration' };
    });
    await migration.outcomes('target', 0, 30);
    await migration.reaches('rolledBack');
    const progress = await until('the migration to be held', async () => {
      const found = await migration.progress();
      return found?.status === 'rolledBack' ? found : undefined;
    });
    expect(progress.because).toMatchObject({ by: 'gate:routing-floor', verified: true });
  });

  it('takes a plain signal to roll back, its sender written down as unverified, and refuses a made-up update', async () => {
    const migration = await atFirstStep();
    const { Client } = await import('@temporalio/client');
    const plain = new Client({ connection: engine.client.connection });
    const actor = { id: 'one', roles: ['release-manager'], verified: true };
    await expect(
      plain.workflow.getHandle(migration.id).executeUpdate('resume', { args: [{ actor }] }),
    ).rejects.toThrow();
    await migration.signals('rollback', { actor: 'on-call', reason: 'no console' }, migration.id);
    await migration.reaches('rolledBack');
    const said = { actor: 'signal:on-call', verified: false, reason: 'no console' };
    expect(await migration.audited('migration.rolledBack')).toEqual([said]);
    expect(await migration.audited('rollback.started')).toEqual([said]);
    expect(await migration.progress()).toMatchObject({ status: 'rolledBack' });
  });

  it('a forged report of a phase changes nothing', async () => {
    const migration = await atFirstStep();
    const report = { kind: 'migrationRolledBack', by: 'gate:routing-floor', verified: true, because: 'made up' };
    await migration.signals('phaseReport', report, migration.id);
    await migration.tells('pause', 'lead');
    expect(await migration.progress()).toMatchObject({ status: 'paused' });
  });

  it.each([
    ['resume', 'one', {}, 'nothing-to-resume'],
    ['pause', 'one', { cohort: 'everyone' }, 'scope-mismatch'],
  ] as const)('%s by %s with %j is refused as %s', async (name, actor, more, code) => {
    const migration = await engine.migrate(small);
    await migration.reaches('awaitingGoNoGo');
    const refused = await migration.tells(name, actor, more).then(
      () => undefined,
      (error: unknown) => (error as { cause?: { type?: string } }).cause?.type,
    );
    expect(refused).toBe(code);
  });
});
