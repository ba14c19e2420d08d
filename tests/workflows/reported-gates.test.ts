import type { Plan } from '../../domain/plan/plan-schema';
import { ReportService } from '../integration/metrics/report-service';
import { until } from '../setup/until';
import { RunningEngine, small, type RunningMigration } from './running-engine';

let engine: RunningEngine;
let reports: ReportService;
beforeEach(async () => {
  reports = new ReportService();
  const url = await reports.listen();
  engine = await RunningEngine.start(100, { sources: [{ name: 'reports', kind: 'http', url, timeout: 1_000 }] });
});
afterEach(async () => {
  await engine.stop();
  await reports.stop();
});

/** The small plan, its gate on the figures of a connection, of any age. */
function reportedBy(connection: string): (plan: Plan) => void {
  return (plan) => {
    small(plan);
    for (const gate of plan.phases[0]?.gates ?? []) {
      gate.source = { kind: 'http', connection, path: '/outcomes', target: { kept: 'kept', total: 'seen' } };
    }
  };
}

/** From now on it reports so many, whatever the window. */
function report(body: unknown, status = 200): void {
  reports.answering = (_, response) => {
    reports.send(response, body, status);
  };
}

async function verdictOf({ id }: RunningMigration, epoch: number, verdict: string): Promise<void> {
  await until(`the verdict ${verdict}`, async () => {
    const { rows } = await engine.database.db.query<{ verdict: string }>(
      'SELECT verdict FROM gate_evidence WHERE migration = $1 AND epoch = $2',
      [id, epoch],
    );
    return rows[0]?.verdict === verdict;
  });
}

describe('a phase whose gate is decided on what a service outside reports', () => {
  it('ramps to its end on it, though no handoff of the migration ever started', async () => {
    reports.answering = (request, response) => {
      const since = Date.parse(new URL(request.url ?? '', 'http://localhost').searchParams.get('since') ?? '');
      const seen = Math.max(0, Math.floor((Date.now() - since) / 20));
      reports.send(response, { kept: seen, seen });
    };
    const migration = await engine.migrate(reportedBy('reports'));
    await migration.approvedToStart();
    await until('the ramp to end', async () => (await migration.run())?.status === 'awaitingCommit');
    expect(await migration.split()).toMatchObject({ share: 100_000 });
  }, 120_000);

  it('holds while the service fails, says nonsense or says nothing, and goes back once it reports harm (G7)', async () => {
    report({ kept: 0, seen: 0 });
    const migration = await engine.migrate(reportedBy('reports'));
    await migration.approvedToStart();
    const { epoch } = await migration.reaches('watching');
    for (const [body, status, verdict] of [
      [{ kept: 50, seen: 50 }, 503, 'sourceError'],
      [{ kept: 60, seen: 50 }, 200, 'sourceError'],
      [{ kept: null, seen: 50 }, 200, 'noData'],
    ] as const) {
      report({ kept: 0, seen: 0 });
      await verdictOf(migration, epoch, 'insufficient');
      report(body, status);
      await verdictOf(migration, epoch, verdict);
      expect(await migration.split()).toMatchObject({ share: 10_000, epoch });
    }
    report({ kept: 10, seen: 40 });
    await migration.reaches('rolledBack');
    expect((await migration.split()).share).toBe(0);
  }, 120_000);

  it('is not ready where no worker knows the connection', async () => {
    const migration = await engine.migrate(reportedBy('elsewhere'));
    const run = await migration.reaches('notReady');
    expect(run.because?.message).toContain("Its connection 'elsewhere' is not there");
  });
});
