import { Client } from 'pg';
import { PostgresTrafficRouter } from '../../activities/traffic/postgres-traffic-router';
import { loadPlan } from '../../domain/plan/load-plan';
import { bucketOf } from '../../domain/sides/bucket';
import type { Side } from '../../domain/sides/side';
import type { Milliseconds } from '../../domain/time/duration';
import { applySchema } from '../../store/apply-schema';
import { Database } from '../../store/database';
import { createMigration } from '../../store/migration-records';
import { savePlan } from '../../store/plans';
import { createSplit } from '../../store/splits';
import { stateOf, unitKey } from '../load/unit-keys';
import { benchmarkPlan, COHORTS, MIGRATION, PHASE, SALT, SHARE } from './benchmark-plan';
import { copyIn } from './copy-in';

/** Nobody renews a lease here. */
const LEASE: Milliseconds = 24 * 60 * 60 * 1_000;
const ROWS_AT_ONCE = 2_000;
/** The epoch that the splits are at once they are raised. */
const EPOCH = 2;

/**
 * A database of its own on that server: the schema, a live migration whose cohorts are at 25%, and as many units placed, as asking would have
 * placed them, by COPY.
 * @returns its address
 */
export async function seededDatabase(serverUrl: string, name: string, placements: number): Promise<string> {
  const server = new Client({ connectionString: serverUrl });
  await server.connect();
  await server.query(`CREATE DATABASE ${name}`);
  await server.end();
  const at = new URL(serverUrl);
  at.pathname = `/${name}`;
  const url = at.href;
  await applySchema(url);
  const db = Database.connect({ url, applicationName: 'bench' });
  try {
    const source = benchmarkPlan();
    const { plan, hash } = loadPlan(source);
    await savePlan(db, { hash, plan, source });
    await createMigration(db, { id: MIGRATION, planHash: hash, salt: SALT, timeScale: 1, startedBy: 'bench' });
    const router = new PostgresTrafficRouter(db);
    for (const cohort of COHORTS) {
      const key = { migration: MIGRATION, phase: PHASE, cohort };
      const { epoch } = await createSplit(db, { ...key, lease: LEASE });
      const raised = { expectedEpoch: epoch, share: SHARE, perDay: null, mode: 'open', cause: 'raised' } as const;
      await router.write({ ...key, ...raised, lease: LEASE });
    }
    if (placements > 0)
      await copyIn(url, 'placement', 'migration, phase, unit, cohort, side, epoch', rowsOf(placements));
    return url;
  } finally {
    await db.close();
  }
}

/** The side that the rule gives unit number `index`. */
export function expectedSide(index: number): Side {
  return bucketOf(SALT, unitKey(index)) < SHARE ? 'target' : 'legacy';
}

function* rowsOf(placements: number): Iterable<string> {
  for (let from = 0; from < placements; from += ROWS_AT_ONCE) {
    const rows: string[] = [];
    for (let index = from; index < Math.min(placements, from + ROWS_AT_ONCE); index += 1) {
      const cohort = COHORTS[stateOf(index) === 'WA' ? 1 : 2];
      rows.push(`${MIGRATION}\t${PHASE}\t${unitKey(index)}\t${cohort}\t${expectedSide(index)}\t${EPOCH}\n`);
    }
    yield rows.join('');
  }
}
