import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { loadPlan } from '../../domain/plan/load-plan';
import { packageRoot } from '../../platform/package-root';
import { applySchema } from '../../store/apply-schema';
import { Database } from '../../store/database';
import { createMigration } from '../../store/migration-records';
import { savePlan } from '../../store/plans';
import { copyIn } from '../decisions/copy-in';
import { journeyKey } from './event-stream';

export const MIGRATION = 'bench';
/** Ten minutes are ten seconds: what is missed shows within the benchmark. */
export const TIME_SCALE = 60;
const ROWS_AT_ONCE = 2_000;

/**
 * A database of its own on that server: the schema, a live migration of examples/telehealth.yaml, and so many journeys' units placed on legacy in
 * every phase, as asking for their sides would have placed them.
 * @returns its address
 */
export async function seededPlan(serverUrl: string, name: string, journeys: number): Promise<string> {
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
    const source = readFileSync(join(packageRoot(), 'examples', 'telehealth.yaml'), 'utf8');
    const { plan, hash } = loadPlan(source);
    await savePlan(db, { hash, plan, source });
    await createMigration(db, {
      ...{ id: MIGRATION, planHash: hash, salt: 'bench', timeScale: TIME_SCALE, startedBy: 'bench' },
    });
    if (journeys > 0) {
      const placed = plan.phases.map(({ id, unit }) => ({ phase: id, prefix: plan.keys[unit] ?? '' }));
      await copyIn(url, 'placement', 'migration, phase, unit, cohort, side, epoch', rowsOf(journeys, placed));
    }
    return url;
  } finally {
    await db.close();
  }
}

function* rowsOf(journeys: number, placed: readonly { phase: string; prefix: string }[]): Iterable<string> {
  for (const { phase, prefix } of placed) {
    for (let from = 0; from < journeys; from += ROWS_AT_ONCE) {
      const rows: string[] = [];
      for (let journey = from; journey < Math.min(journeys, from + ROWS_AT_ONCE); journey += 1) {
        rows.push(`${MIGRATION}\t${phase}\t${prefix}_${journeyKey(journey)}\teveryone\tlegacy\t1\n`);
      }
      yield rows.join('');
    }
  }
}
