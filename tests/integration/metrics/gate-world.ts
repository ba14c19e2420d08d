import { GateFigures } from '../../../activities/gates/gate-figures';
import { HandoffMetricSource } from '../../../activities/gates/handoff-metric-source';
import type { MetricQuery, MetricReading } from '../../../activities/gates/metric-source';
import type { FindOutcomeSource } from '../../../activities/gates/outcome-source';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import type { GateSource } from '../../../domain/plan/plan-schema';
import { createSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { PAYMENT, startMigration } from '../sides/started-migration';

const LEASE = 60_000;

/** A split under way, whose gate is asked for its figures. */
export interface GateWorld {
  database: TestDatabase;
  query: Omit<MetricQuery, 'source'>;
  read(find: FindOutcomeSource, source: GateSource): Promise<MetricReading>;
  /** The split changes: from here on evidence of a new epoch counts, in the same attempt. */
  nextEpoch(): Promise<void>;
  /** As if the epochs so far had begun that much earlier. */
  ago(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startGateWorld(): Promise<GateWorld> {
  const database = await createTestDatabase();
  const { db } = database;
  const key = { migration: await startMigration(db), ...PAYMENT };
  await createSplit(db, { ...key, lease: LEASE });
  const router = new PostgresTrafficRouter(db);
  const query = { ...key, gate: 'routing-floor', handoff: 'payment-to-provider-routing', epoch: 1, attemptEpoch: 2 };
  const raise = async (newAttempt: boolean): Promise<void> => {
    const share = query.epoch * 10_000;
    const change = { ...key, expectedEpoch: query.epoch, share, perDay: null, mode: 'open', lease: LEASE } as const;
    query.epoch = (await router.write({ ...change, newAttempt, cause: 'raised' })).epoch;
  };
  await raise(true);
  return {
    database,
    query,
    read: (find, source) =>
      new GateFigures({ db, handoffs: new HandoffMetricSource(db), find }).read({ ...query, source }),
    nextEpoch: () => raise(false),
    ago: async (milliseconds) => {
      await db.query(
        `UPDATE split_change SET changed_at = changed_at - $2 * interval '1 millisecond' WHERE migration = $1`,
        [key.migration, milliseconds],
      );
    },
    stop: () => database.drop(),
  };
}
