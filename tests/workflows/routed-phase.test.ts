import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EdgeReceiver, startEdgeReceiver } from '../integration/sides/edge-receiver';
import { until } from '../setup/until';
import { RunningEngine, type RunningMigration, small } from './running-engine';

const SECRET = 'shared-by-both-ends';

let folder: string;
let engine: RunningEngine;
let edge: EdgeReceiver;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'handoff-routed-'));
  edge = await startEdgeReceiver(SECRET);
  const file = join(folder, 'routes.json');
  writeFileSync(file, '{"routes":[]}');
  engine = await RunningEngine.start(100, { routes: { file, secret: SECRET } });
});
afterEach(async () => {
  await engine.stop();
  await edge.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A migration whose one cohort an edge system routes, as the routes file of its workers says. */
async function routedMigration(): Promise<RunningMigration> {
  await engine.stopWorkers();
  const migration = await engine.migrate((plan) => {
    small(plan);
    for (const phase of plan.phases) phase.inFlight = { ...phase.inFlight, otherwise: 'finish', milestones: [] };
  });
  const route = { migration: migration.id, phase: 'payment', cohort: 'everyone', webhook: { url: edge.url } };
  writeFileSync(join(folder, 'routes.json'), JSON.stringify({ routes: [route] }));
  await engine.startWorker();
  return migration;
}

describe('a phase that an edge system routes', () => {
  it('rises outside with its split, and its rollback is done only when the edge, back again, sends nobody to target', async () => {
    const migration = await routedMigration();
    await migration.approvedToStart();
    const watching = await migration.reaches('watching');
    expect(edge.posted.at(-1)).toMatchObject({ epoch: watching.epoch, share: 10 });

    edge.trouble({ answers: 503 });
    // Answered once nobody new goes to target any more, outside included.
    const answered = migration.says('rollback', 'one', { scope: 'phase', reason: 'a doubt' });
    await until('the split to be lowered', async () => (await migration.split()).share === 0);
    const { epoch } = await migration.split();
    expect(await migration.run()).toMatchObject({ status: 'rollingBack' });
    expect((await migration.run())?.rollback?.trafficBackAt).toBeUndefined();

    edge.trouble(undefined);
    await answered;
    await migration.reaches('rolledBack');
    // However often it was tried: where a worker's look had carried it meanwhile, it is written once more.
    const after = await migration.split();
    expect(after.share).toBe(0);
    expect(after.epoch - epoch).toBeLessThanOrEqual(1);
    expect(edge.posted.at(-1)).toMatchObject({ epoch: after.epoch, share: 0 });
  });

  it('is not ready where the edge cannot be written', async () => {
    edge.trouble({ answers: 403 });
    const migration = await routedMigration();
    const run = await migration.reaches('notReady');
    expect(run.because?.message).toContain('not read back as written (refused)');
  });
});
