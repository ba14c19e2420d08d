import { RunningEngine, small, type RunningMigration } from './running-engine';
import { until } from '../setup/until';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
});

afterAll(async () => {
  await engine.stop();
});

/** Good outcomes at every epoch, for as long as the phase needs them. */
async function keepsGood(migration: RunningMigration, status: 'awaitingCommit' | 'watching'): Promise<void> {
  await until(`the ramp to come to ${status}`, async () => {
    const run = await migration.run();
    if (run?.status === status && (status !== 'watching' || run.step === 1)) return true;
    if (run?.share !== undefined && run.share > 0) await migration.outcomes('target', 5, 0);
    return undefined;
  });
}

describe('a phase', () => {
  it('is approved by two, ramps on evidence, soaks, and is committed by a person', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await keepsGood(migration, 'awaitingCommit');
    expect(await migration.split()).toMatchObject({ share: 100_000, mode: 'open' });
    await migration.says('approve', 'one');
    await migration.reaches('committed');
    expect(await migration.split()).toMatchObject({ share: 100_000, mode: 'committed' });
    const result = await engine.client.workflow.getHandle(migration.id).result();
    expect(result).toEqual({ phases: [{ phase: 'payment', outcome: 'committed', takenOut: [] }] });
  });

  it('I3 does not go on without evidence of the current epoch', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    await until('more looks than the watch time takes', async () => {
      const { rows } = await engine.database.db.query<{ watched: string }>(
        `SELECT watched_ms AS watched FROM watch WHERE migration = $1`,
        [migration.id],
      );
      return Number(rows[0]?.watched ?? 0) > 600 ? true : undefined;
    });
    expect(await migration.run()).toMatchObject({ status: 'watching', step: 0, share: 10_000 });
  });

  it('goes back when a limit is crossed, and starts again only with a new go', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await keepsGood(migration, 'watching');
    const before = await migration.split();
    await migration.outcomes('target', 0, 30);
    const run = await migration.reaches('rolledBack');
    expect(run.rollback).toMatchObject({ scope: 'phase', failures: [] });
    const after = await migration.split();
    expect(after.share).toBe(0);
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(await migration.audited('gate.limitCrossed')).toHaveLength(1);
    await migration.says('resume', 'one', { reason: 'repaired' });
    await migration.approvedToStart();
    const again = await migration.reaches('watching');
    expect(again).toMatchObject({ step: 0, attempt: 2, share: 10_000 });
  });

  it('R48 is paused at once by one person, and resumed', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    await migration.says('pause', 'lead', { reason: 'a doubt' });
    await until('the split to be down', async () => ((await migration.split()).share === 0 ? true : undefined));
    await migration.says('resume', 'one');
    const run = await migration.reaches('watching');
    expect(run).toMatchObject({ step: 0, share: 10_000, attempt: 1 });
  });

  it('a rollback by hand is answered when nobody new goes to target', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    const answer = await migration.says('rollback', 'engineer', { scope: 'phase', reason: 'a doubt' });
    const { share, epoch } = await migration.split();
    expect(share).toBe(0);
    expect(answer.cohorts[0]?.epoch).toBe(epoch);
  });

  it('is aborted, and the migration ends with it', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    await migration.says('abort', 'one');
    const result = await engine.client.workflow.getHandle(migration.id).result();
    expect(result).toEqual({ phases: [{ phase: 'payment', outcome: 'takenOut', takenOut: ['everyone'] }] });
    expect((await migration.split()).share).toBe(0);
  });

  it('lowers its split when the workflow is cancelled in the middle of a step', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    await engine.client.workflow.getHandle(migration.id).cancel();
    await migration.reaches('takenOut');
    await until('the split to be down', async () => ((await migration.split()).share === 0 ? true : undefined));
    await expect(engine.client.workflow.getHandle(migration.id).result()).rejects.toThrow();
  });
});

describe('commands that do not fit', () => {
  it.each([
    ['approve', 'starter', {}, 'approved-by-starter'],
    ['approve', 'one', { evidence: 'other' }, 'stale-evidence'],
    ['approve', 'one', { epoch: 99 }, 'stale-epoch'],
    ['approve', 'one', { cohort: 'nobody' }, 'unknown-cohort'],
    ['resume', 'one', {}, 'nothing-to-resume'],
    ['rollback', 'one', { scope: 'cohort' }, 'nothing-to-roll-back'],
  ] as const)('%s by %s with %j is refused as %s', async (name, actor, more, code) => {
    const migration = await engine.migrate(small);
    await migration.reaches('awaitingGoNoGo');
    const refused = await migration.says(name, actor, more).then(
      () => undefined,
      (error: unknown) => (error as { cause?: { type?: string } }).cause?.type,
    );
    expect(refused).toBe(code);
  });
});

describe('plain signals', () => {
  it('a rollback counts, its sender written down as unverified', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    await migration.signals('rollback', { actor: 'on-call', scope: 'phase', reason: 'no console' });
    await migration.reaches('rolledBack');
    expect(await migration.audited('rollback.started')).toEqual([
      { actor: 'signal:on-call', verified: false, reason: 'no console' },
    ]);
  });

  it('a rollback counts with nothing in it at all', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    await migration.signals('rollback', {});
    await migration.reaches('rolledBack');
  });

  it('an approval does not count towards four eyes, and says so in the audit log', async () => {
    const migration = await engine.migrate(small);
    await migration.reaches('awaitingGoNoGo');
    await migration.signals('approve', { actor: 'one', roles: ['release-manager'], verified: true });
    await until('the refusal', async () =>
      (await migration.audited('signal.refused.approve')).length === 1 ? true : undefined,
    );
    expect((await migration.run())?.request?.given).toEqual([]);
  });

  it('an update with a made-up actor is refused', async () => {
    const migration = await engine.migrate(small);
    await migration.reaches('awaitingGoNoGo');
    const { Client } = await import('@temporalio/client');
    const plain = new Client({ connection: engine.client.connection });
    const actor = { id: 'one', roles: ['release-manager'], verified: true };
    await expect(
      plain.workflow.getHandle(migration.workflowId).executeUpdate('approve', { args: [{ actor }] }),
    ).rejects.toThrow();
    expect((await migration.run())?.request?.given).toEqual([]);
  });
});
