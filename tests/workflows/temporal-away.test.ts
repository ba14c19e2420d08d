import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedTemporal, type EmbeddedTemporal } from '../../supervisor/embedded-temporal';
import { freePort } from '../../supervisor/free-port';
import { temporalBinary } from '../../supervisor/temporal-binary';
import { databaseNow } from '../../store/database-clock';
import { readSplit } from '../../store/splits';
import { until } from '../setup/until';
import { RunningEngine, small } from './running-engine';

const LEASE = 12_000;

describe('I4 Temporal dies under a step while worker and Postgres live', () => {
  const folder = mkdtempSync(join(tmpdir(), 'warm-handoff-away-'));
  const shared = process.env['HANDOFF_TEST_TEMPORAL_ADDRESS'];
  let temporal: EmbeddedTemporal;
  let engine: RunningEngine;
  let startTemporal: () => Promise<EmbeddedTemporal>;

  beforeAll(async () => {
    const [binary, port] = await Promise.all([temporalBinary(process.env), freePort()]);
    const [databaseFile, logFile] = [join(folder, 'temporal.db'), join(folder, 'temporal.log')];
    startTemporal = () =>
      startEmbeddedTemporal({ binary, port, databaseFile, logFile, env: process.env, inOurGroup: true });
    temporal = await startTemporal();
    process.env['HANDOFF_TEST_TEMPORAL_ADDRESS'] = temporal.address;
    engine = await RunningEngine.start();
  });

  afterAll(async () => {
    process.env['HANDOFF_TEST_TEMPORAL_ADDRESS'] = shared;
    await engine.stop();
    await temporal.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('so nobody new goes to target once the lease is over; and when it is back, control is mended', async () => {
    const { db } = engine.database;
    const worker = await engine.startWorker();
    const migration = await engine.migrate((plan) => {
      small(plan);
      for (const phase of plan.phases) phase.lease = LEASE;
    });
    await migration.approvedToStart();
    await migration.reaches('watching');
    const key = { migration: migration.id, phase: 'payment', cohort: 'everyone' };
    const raised = await readSplit(db, key);
    await until('renewals', async () => {
      const held = await readSplit(db, key);
      return Number(held?.leaseUntil) > Number(raised?.changedAt) + LEASE + 1_000 && held?.epoch === raised?.epoch;
    });

    await temporal.stop();
    const gone = (await databaseNow(db)).getTime();
    const fallen = await until('the split to fall', async () => {
      const split = await readSplit(db, key);
      return split?.share === 0 ? split : undefined;
    });
    expect(fallen.epoch).toBe(Number(raised?.epoch) + 1);
    const { rows } = await db.query<{ endedAt: Date }>(
      `SELECT lease_ended_at AS "endedAt" FROM split_change WHERE migration = $1 AND cause = 'lapsed'`,
      [migration.id],
    );
    expect(rows).toHaveLength(1);
    expect(Number(rows[0]?.endedAt)).toBeLessThanOrEqual(gone + LEASE);
    expect((await fetch(`${worker.url}/healthz`)).status).toBe(200);

    temporal = await startTemporal();
    await until('the split to be up again', async () => (await migration.split()).share === raised?.share);
  }, 180_000);
});
