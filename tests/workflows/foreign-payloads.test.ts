import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { RunningEngine, small, type RunningMigration } from './running-engine';
import { person } from './person';
import { until } from '../setup/until';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
});

afterAll(async () => {
  await engine.stop();
});

/** Signals with exactly these bytes, as any client of Temporal can. */
async function signalsRaw(migration: RunningMigration, encoding: string, data: Uint8Array): Promise<void> {
  await engine.client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: migration.workflowId },
    signalName: 'approve',
    requestId: randomUUID(),
    input: { payloads: [{ metadata: { encoding: Buffer.from(encoding) }, data }] },
  });
}

async function watched(): Promise<RunningMigration> {
  const migration = await engine.migrate(small);
  await migration.approvedToStart();
  await migration.reaches('watching');
  return migration;
}

describe('payloads of others', () => {
  it('that nobody can read are written down as refused, and a rollback after them works', async () => {
    const migration = await watched();
    await signalsRaw(migration, 'json/protobuf', Buffer.from('{"scope":"phase"}'));
    await signalsRaw(migration, 'binary/plain', randomBytes(20));
    await signalsRaw(migration, 'json/plain', Buffer.from('{'));
    await signalsRaw(migration, 'binary/encrypted', randomBytes(100));
    await signalsRaw(migration, 'binary/null', Buffer.alloc(0));
    await until('all five refusals', async () =>
      (await migration.audited('signal.refused.approve')).length === 5 ? true : undefined,
    );
    await migration.says('rollback', 'engineer', { scope: 'phase' });
    await migration.reaches('rolledBack');
    expect(await migration.audited('rollback.started')).toMatchObject([{ actor: 'engineer', verified: true }]);
  });

  it('are read over by a worker that comes new to the workflow', async () => {
    const migration = await watched();
    await engine.stopWorkers();
    await signalsRaw(migration, 'binary/encrypted', randomBytes(100));
    await engine.startWorker();
    await until('the refusal', async () =>
      (await migration.audited('signal.refused.approve')).length === 1 ? true : undefined,
    );
    await migration.says('rollback', 'engineer', { scope: 'phase' });
    await migration.reaches('rolledBack');
  });

  it('whose reason Postgres cannot hold do not keep the records from being written', async () => {
    const migration = await watched();
    await migration.signals('rollback', { actor: 'on-call', reason: 'a\u0000 doubt\ud83d' });
    await migration.reaches('rolledBack');
    expect(await migration.audited('rollback.started')).toEqual([
      { actor: 'signal:on-call', verified: false, reason: 'a doubt' },
    ]);
  });

  it('I15 whose reason holds a way to reach somebody count, and the reason is not kept', async () => {
    const migration = await watched();
    await migration.signals('rollback', { actor: 'on-call', reason: 'ask jane@example.com' });
    const run = await migration.reaches('rolledBack');
    expect(await migration.audited('rollback.started')).toMatchObject([{ actor: 'signal:on-call' }]);
    expect(JSON.stringify([run, await migration.audited('rollback.started')])).not.toContain('jane');
  });
});

describe('a signal that the API left', () => {
  it('is refused where the split changed since its sender looked', async () => {
    const migration = await watched();
    const { epoch } = await migration.split();
    const seal = { workflowId: migration.workflowId, name: 'rollback', nonce: randomUUID() };
    const command = { actor: person('engineer'), scope: 'phase', epoch: epoch - 1, seal };
    await engine.client.workflow.getHandle(migration.workflowId).signal('rollback', command);
    await until('the refusal', async () =>
      (await migration.audited('signal.refused.rollback')).length === 1 ? true : undefined,
    );
    expect(await migration.audited('signal.refused.rollback')).toMatchObject([
      { reason: expect.stringContaining('stale-epoch') as unknown },
    ]);
    expect(await migration.run()).toMatchObject({ status: 'watching', share: 10_000 });
  });
});

describe('what Temporal’s own UI shows', () => {
  it('I15 is where the phase stands, readable without the key, and nothing that a person typed', async () => {
    const migration = await watched();
    await migration.says('pause', 'lead', { reason: 'the words of a person' });
    await migration.reaches('paused');
    const plain = new Client({ connection: engine.client.connection });
    const handle = plain.workflow.getHandle(migration.workflowId);
    const told = await handle.query<temporal.api.sdk.v1.IWorkflowMetadata>('__temporal_workflow_metadata');
    expect(told.definition?.updateDefinitions?.map(({ name }) => name)).toContain('rollback');
    expect(told.currentDetails).toContain('| everyone | paused |');
    expect(told.currentDetails).toContain('the audit log has who and why');
    expect(JSON.stringify(told)).not.toContain('words of a person');
  });
});
