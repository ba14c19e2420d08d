import { RunningEngine, small, type RunningMigration } from './running-engine';
import { until } from '../setup/until';

let engine: RunningEngine;

beforeEach(async () => {
  engine = await RunningEngine.start();
});

afterEach(async () => {
  await engine.stop();
});

/** As if the last renewal lay so long ago, which is what a dead controller leaves behind. */
async function leaseRanOut(migration: RunningMigration, milliseconds: number): Promise<void> {
  await engine.database.db.query(
    `UPDATE split SET lease_until = clock_timestamp() - $2 * interval '1 millisecond' WHERE migration = $1 AND share > 0`,
    [migration.id, milliseconds],
  );
}

describe('I4 control lapses', () => {
  it('and is back within resumeWithin: the split is raised again, as a new epoch, by the same approval', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    const before = await migration.split();
    await engine.stopWorkers();
    await leaseRanOut(migration, 60_000);
    await engine.startWorker();
    await until('the split to be up again', async () => {
      const split = await migration.split();
      return split.epoch > before.epoch && split.share === before.share ? true : undefined;
    });
    expect(await migration.audited('split.lapsed')).toHaveLength(1);
    expect(await migration.audited('split.restored')).toHaveLength(1);
    expect(await migration.audited('goNoGo.approval')).toHaveLength(2);
    expect(await migration.reaches('watching')).toMatchObject({ step: 0, attempt: 1 });
  });

  it('for longer: arrivals stay on legacy until a person decides', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    await engine.stopWorkers();
    await leaseRanOut(migration, 3_600_000);
    await engine.startWorker();
    const held = await migration.reaches('held');
    expect(held).toMatchObject({ because: { code: 'unattended' }, share: 0 });
    expect((await migration.split()).share).toBe(0);
    await migration.says('resume', 'one', { reason: 'looked at' });
    expect(await migration.reaches('watching')).toMatchObject({ step: 0, share: 10_000 });
  });

  it('a watch goes on where another worker left it', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    const before = await migration.split();
    await engine.startWorker();
    await engine.stopWorkers();
    await engine.startWorker();
    await migration.outcomes('target', 6, 0);
    await until('the next step', async () => {
      const run = await migration.run();
      return run?.status === 'watching' && run.step === 1 ? true : undefined;
    });
    expect(await migration.audited('split.lapsed')).toHaveLength(0);
    expect((await migration.split()).epoch).toBe(before.epoch + 1);
  });
});
