import { startLocalHttpServer, type LocalHttpServer } from '../integration/local-http-server';
import { until } from '../setup/until';
import { RunningEngine, smallTwice } from './running-engine';

let engine: RunningEngine;
let receiver: LocalHttpServer;

beforeAll(async () => {
  receiver = await startLocalHttpServer();
  engine = await RunningEngine.start(100, { notify: { url: receiver.url, secret: 'a-secret-of-the-test' } });
});

afterAll(async () => {
  await engine.stop();
  await receiver.stop();
});

/** Once-keys of the notices that the receiver took: all of them, and those that it took once it was back. */
function taken(from: number): (string | undefined)[] {
  return receiver.received
    .slice(from)
    .map(({ body }) => JSON.parse(body) as { phase: string | null; kind: string })
    .map(({ phase, kind }) => `${phase ?? 'migration'} ${kind}`);
}

describe('a notifier that is away', () => {
  it('keeps no phase from its end, and what it missed is told by the migration when it is back', async () => {
    receiver.behave({ status: 503 });
    const migration = await engine.migrate(smallTwice);
    await migration.commits();
    // The next phase starts when the first has ended.
    await migration.reaches('awaitingGoNoGo', 'everyone', 'provider-routing');
    const phase = await engine.client.workflow.getHandle(migration.workflowId).describe();
    expect(phase.status.name).toBe('COMPLETED');

    const back = receiver.received.length;
    receiver.behave({ status: 200 });
    await until('what the ended phase had to say', () => taken(back).includes('payment committed'));

    await migration.commits('provider-routing');
    await engine.client.workflow.getHandle(migration.id).result();
    // Each as often as it is in the table: none is lost.
    const { rows } = await engine.database.db.query<{ delivered: boolean }>(
      `SELECT delivered_at IS NOT NULL AS delivered FROM notice WHERE migration = $1`,
      [migration.id],
    );
    expect(rows.length).toBeGreaterThan(4);
    expect(rows.every(({ delivered }) => delivered)).toBe(true);
  }, 120_000);
});
