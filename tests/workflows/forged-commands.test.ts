import { Client } from '@temporalio/client';
import { RunningEngine, small } from './running-engine';
import { person } from './person';
import { until } from '../setup/until';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
});

afterAll(async () => {
  await engine.stop();
});

describe('somebody with access to Temporal but not to the key', () => {
  it('cannot send an approval again that was copied out of the history', async () => {
    const migration = await engine.migrate(small);
    await migration.reaches('awaitingGoNoGo');
    const seal = { workflowId: migration.workflowId, name: 'approve', nonce: 'seen' };
    const handle = engine.client.workflow.getHandle(migration.workflowId);
    await handle.executeUpdate('approve', { args: [{ actor: person('one'), seal }] });
    const again = handle.executeUpdate('approve', { args: [{ actor: person('two'), seal }] });
    await expect(again).rejects.toMatchObject({ cause: { type: 'replayed-command' } });
    const elsewhere = { ...seal, name: 'pause', nonce: 'new' };
    const asAnother = handle.executeUpdate('approve', { args: [{ actor: person('two'), seal: elsewhere }] });
    await expect(asAnother).rejects.toMatchObject({ cause: { type: 'replayed-command' } });
    const unsealed = handle.executeUpdate('approve', { args: [{ actor: person('two') }] });
    await expect(unsealed).rejects.toMatchObject({ cause: { type: 'replayed-command' } });
    expect((await migration.run())?.request?.given).toHaveLength(1);
  });

  it('cannot start a phase of somebody else’s migration with rules of their own', async () => {
    const migration = await engine.migrate(small);
    await migration.reaches('awaitingGoNoGo');
    const plain = new Client({ connection: engine.client.connection });
    const { taskQueue } = await engine.client.workflow.getHandle(migration.workflowId).describe();
    const rules = { migration: migration.id, phase: migration.plan.phases[0], engineVersion: 1, rollbackRules: [] };
    const handle = await plain.workflow.start('paymentPhase', {
      workflowId: `${migration.workflowId}-other`,
      taskQueue,
      args: [rules],
    });
    await expect(handle.result()).rejects.toThrow();
    expect(await migration.run()).toMatchObject({ status: 'awaitingGoNoGo' });
  });

  it('cannot end a watch by hand and have the next share raised for it', async () => {
    const migration = await engine.migrate(small);
    await migration.approvedToStart();
    await migration.reaches('watching');
    const service = engine.client.workflowService;
    const { pendingActivities } = (await engine.client.workflow.getHandle(migration.workflowId).describe()).raw;
    const watch = pendingActivities?.find((activity) => activity.activityType?.name === 'watchStep');
    await service.respondActivityTaskCompletedById({
      namespace: 'default',
      workflowId: migration.workflowId,
      activityId: watch?.activityId ?? '',
      result: {
        payloads: [
          {
            metadata: { encoding: Buffer.from('json/plain') },
            data: Buffer.from(JSON.stringify({ kind: 'stepDone', evidenceHash: 'x' })),
          },
        ],
      },
    });
    await until('the phase to be held', async () => (await migration.run())?.status === 'held');
    expect((await migration.run())?.step).toBe(0);
  });
});

it('one cohort named in a plain signal is one cohort rolled back', async () => {
  const migration = await engine.migrate((plan) => {
    small(plan);
    const phase = plan.phases[0];
    if (phase !== undefined) {
      phase.cohorts = [
        { id: 'pilot', when: { state: ['CO'] } },
        { id: 'others', when: {} },
      ];
    }
  });
  await migration.reaches('awaitingGoNoGo', 'pilot');
  await migration.reaches('awaitingGoNoGo', 'others');
  await migration.says('approve', 'one');
  await migration.says('approve', 'two');
  await migration.reaches('watching', 'pilot');
  await migration.reaches('watching', 'others');
  await migration.signals('rollback', { actor: 'on-call', cohort: 'pilot' });
  await migration.reaches('rolledBack', 'pilot');
  expect(await migration.run('others')).toMatchObject({ status: 'watching', share: 10_000 });
});

it('a cohort and the whole phase in one command is a question, not a rollback', async () => {
  const migration = await engine.migrate(small);
  await migration.approvedToStart();
  await migration.reaches('watching');
  const both = migration.says('rollback', 'engineer', { cohort: 'everyone', scope: 'phase' });
  await expect(both).rejects.toMatchObject({ cause: { type: 'scope-mismatch' } });
  expect(await migration.run()).toMatchObject({ status: 'watching' });
});
