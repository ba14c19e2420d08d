import type { Plan } from '../../domain/plan/plan-schema';
import { RunningEngine, small } from './running-engine';
import { until } from '../setup/until';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
});

afterAll(async () => {
  await engine.stop();
});

function twoCohorts(plan: Plan): void {
  small(plan);
  const phase = plan.phases[0];
  if (phase === undefined) return;
  phase.cohorts = [
    { id: 'pilot', when: { state: ['CO'] } },
    { id: 'others', when: {} },
  ];
}

describe('two cohorts of a phase', () => {
  it('I9 rolling one back leaves the other where it was', async () => {
    const migration = await engine.migrate(twoCohorts);
    await migration.reaches('awaitingGoNoGo', 'pilot');
    await migration.reaches('awaitingGoNoGo', 'others');
    await migration.says('approve', 'one');
    await migration.says('approve', 'two');
    await migration.reaches('watching', 'pilot');
    await migration.reaches('watching', 'others');
    const others = await migration.split('others');
    const answer = await migration.says('rollback', 'engineer', { scope: 'cohort', cohort: 'pilot' });
    expect(answer.cohorts.map(({ cohort }) => cohort)).toEqual(['pilot']);
    await migration.reaches('rolledBack', 'pilot');
    expect((await migration.split('pilot')).share).toBe(0);
    expect(await migration.split('others')).toEqual(others);
    expect(await migration.run('others')).toMatchObject({ status: 'watching', share: 10_000 });
  });

  it('a gate that says phase takes every cohort back, and no other gate is asked', async () => {
    const migration = await engine.migrate(twoCohorts);
    await migration.reaches('awaitingGoNoGo', 'pilot');
    await migration.reaches('awaitingGoNoGo', 'others');
    await migration.says('approve', 'one');
    await migration.says('approve', 'two');
    await migration.reaches('watching', 'pilot');
    await migration.reaches('watching', 'others');
    await migration.outcomes('target', 0, 10, 'pilot');
    await migration.reaches('rolledBack', 'pilot');
    await migration.reaches('rolledBack', 'others');
    expect((await migration.split('others')).share).toBe(0);
  });

  it('asks which one where a rollback of one could mean either', async () => {
    const migration = await engine.migrate(twoCohorts);
    await migration.reaches('awaitingGoNoGo', 'pilot');
    await migration.reaches('awaitingGoNoGo', 'others');
    await migration.says('approve', 'one');
    await migration.says('approve', 'two');
    await migration.reaches('watching', 'pilot');
    await migration.reaches('watching', 'others');
    await expect(migration.says('rollback', 'engineer', { scope: 'cohort' })).rejects.toMatchObject({
      cause: { type: 'cohort-needed' },
    });
  });

  it('commits when one is ready and the other was taken out by name', async () => {
    const migration = await engine.migrate(twoCohorts);
    await migration.reaches('awaitingGoNoGo', 'pilot');
    await migration.reaches('awaitingGoNoGo', 'others');
    await migration.says('approve', 'one');
    await migration.says('approve', 'two');
    await until('the pilot to wait for its commit', async () => {
      const run = await migration.run('pilot');
      if (run?.status === 'awaitingCommit') return true;
      if (run !== undefined && run.share > 0) await migration.outcomes('target', 5, 0, 'pilot');
      return undefined;
    });
    await migration.says('approve', 'one', { cohort: 'pilot' });
    expect((await migration.split('pilot')).mode).toBe('open');
    await migration.says('abort', 'one', { cohort: 'others' });
    await migration.reaches('committed', 'pilot');
    const result = await engine.client.workflow.getHandle(migration.id).result();
    expect(result).toEqual({ phases: [{ phase: 'payment', outcome: 'committed', takenOut: ['others'] }] });
  });
});
