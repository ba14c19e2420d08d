import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { readApiConfiguration } from '../../../api/config';
import { startApi } from '../../../api/server';
import { createLogger } from '../../../platform/logger';
import { Sandbox } from '../../../sandbox/sandbox';
import { createSplit } from '../../../store/splits';
import { testTemporalAddress } from '../../setup/test-database';
import { startTestApi, type TestApi } from '../api/running-api';
import { until } from '../../setup/until';

const KEY = { migration: 'sandbox-test', phase: 'payment', cohort: 'all-arrivals' };

describe('the sandbox and the real API', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
    const plan = await readFile(join(__dirname, '..', '..', '..', 'examples', 'payment.yaml'), 'utf8');
    const started = await api
      .as('release-manager-1')
      .post('/v1/migrations', { plan, id: KEY.migration, timeScale: 600 });
    expect(started.status).toBe(201);
    const { epoch } = await createSplit(api.db, { ...KEY, lease: 600_000 });
    await new PostgresTrafficRouter(api.db).write({
      ...KEY,
      expectedEpoch: epoch,
      share: 50_000,
      perDay: null,
      mode: 'open',
      lease: 600_000,
      cause: 'raised',
    });
  });
  afterAll(() => api.stop());

  it('agree on every event and every side, though the API was away in between (I5)', async () => {
    const logger = createLogger('test', 'silent');
    const sandbox = new Sandbox({
      handoffUrl: api.url,
      token: api.tokens['sandbox-stacks'],
      ports: { legacy: 0, target: 0 },
      logger,
    });
    await sandbox.open();
    sandbox.startRun({
      kind: 'payment',
      migration: KEY.migration,
      phase: KEY.phase,
      // Slow enough that patients are still on their way, and owe events, however long the API takes to stop.
      timeScale: 20,
      seed: 'real api',
      patientsPerHour: 5_400,
      prefixes: { patient: 'pat', episode: 'ep', subscription: 'sub' },
    });
    const patients = (): NonNullable<ReturnType<typeof sandbox.runOf>>['patients'] => {
      const run = sandbox.runOf(KEY.migration);
      if (run === undefined) throw new Error('The run is gone.');
      return run.patients;
    };
    const counts = (): { sent: number; acknowledged: number; pending: number; refused: number } => {
      const sides = sandbox.state().events[KEY.migration];
      const both = sides === undefined ? [] : [sides.legacy, sides.target];
      const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
      return {
        sent: sum(both.map(({ emitted }) => emitted)),
        acknowledged: sum(both.map(({ acknowledged }) => acknowledged)),
        pending: sum(both.map(({ pending }) => pending)),
        refused: sum(both.flatMap(({ refused }) => Object.values(refused))),
      };
    };
    await until('patients to be under way', () => patients().arrived >= 40 && counts().acknowledged > 20);

    await api.stopApi();
    // Clients who never pause do not hold the end up.
    expect(api.log()).not.toContain('was cut off');
    const away = counts().acknowledged;
    await until('events to wait', () => counts().pending > 5);
    const again = await startApi(
      readApiConfiguration({
        DATABASE_URL: api.databaseUrl,
        TEMPORAL_ADDRESS: testTemporalAddress(),
        HANDOFF_PAYLOAD_KEY: api.payloadKey,
        HANDOFF_TASK_QUEUE: api.taskQueue,
        HANDOFF_ACTORS_FILE: api.actorsFile,
        HANDOFF_PORT: new URL(api.url).port,
      }),
      logger,
    );
    try {
      await until('events to be taken again', () => counts().acknowledged > away + 20 && patients().bySide.target > 10);
      sandbox.stopRun(KEY.migration);
      await until('patients, stacks and outboxes to come to rest', () => {
        const { stacks } = sandbox.state();
        const idle = Object.values(stacks).every(({ underway }) => underway[KEY.migration] === undefined);
        return idle && counts().pending === 0 && sandbox.runOf(KEY.migration)?.status === 'finished';
      });
      const { rows } = await api.db.query<{ stored: number; subjects: number }>(
        `SELECT count(*)::int AS stored, count(DISTINCT subject)::int AS subjects FROM event WHERE migration = $1`,
        [KEY.migration],
      );
      const { sent, acknowledged, refused } = counts();
      expect({ acknowledged, refused }).toEqual({ acknowledged: sent, refused: 0 });
      expect(rows[0]?.stored).toBe(sent);
      const placed = await api.db.query<{ side: string; count: number }>(
        `SELECT side, count(*)::int AS count FROM placement WHERE migration = $1 GROUP BY side`,
        [KEY.migration],
      );
      expect(Object.fromEntries(placed.rows.map(({ side, count }) => [side, count]))).toEqual(patients().bySide);
    } finally {
      await sandbox.close(2_000);
      await again.stop();
    }
  }, 150_000);
});
