import { RunningEngine, small } from './running-engine';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start(0);
});

afterAll(async () => {
  await engine.stop();
});

it('comes to the same end where every workflow task replays the whole history', async () => {
  const migration = await engine.migrate(small);
  await migration.approvedToStart();
  await migration.reaches('watching');
  await migration.says('pause', 'lead');
  await migration.says('resume', 'one');
  await migration.reaches('watching');
  await migration.outcomes('target', 0, 10);
  await migration.reaches('rolledBack');
  await migration.says('abort', 'one');
  const result = await engine.client.workflow.getHandle(migration.id).result();
  expect(result).toEqual({ phases: [{ phase: 'payment', outcome: 'takenOut', takenOut: ['everyone'] }] });
});
