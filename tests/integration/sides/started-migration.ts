import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPlan } from '../../../domain/plan/load-plan';
import { packageRoot } from '../../../platform/package-root';
import type { Database } from '../../../store/database';
import { createMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';

/** The phase and cohorts of the payment plan that the tests place units in. */
export const PAYMENT = { phase: 'payment', cohort: 'pilot-states' } as const;
export const OTHERS = { phase: 'payment', cohort: 'everyone-else' } as const;

export const PLAN_TEXT = readFileSync(join(packageRoot(), 'tests/fixtures/plans/payment.yaml'), 'utf8');

/** The same, with a side for whoever nobody here knows while Postgres is out of reach. */
export const PLAN_WITH_GUESSES = PLAN_TEXT.replace(
  /^( +)soak:/m,
  '$1onUnknown: { beforeCommit: legacy, afterCommit: target }\n$1soak:',
);

/** Writes down a live migration by the payment plan; its id. */
export async function startMigration(
  db: Database,
  { id = 'payment-2026', salt = 'salt-of-the-tests', timeScale = 1, planText = PLAN_TEXT } = {},
): Promise<string> {
  const { plan, hash } = loadPlan(planText);
  await savePlan(db, { hash, plan, source: planText });
  await createMigration(db, { id, planHash: hash, salt, timeScale, startedBy: 'release-manager-1' });
  return id;
}

/** Keys of episodes, all different, the same in each run. */
export function episodes(count: number, series = 0): string[] {
  return Array.from(
    { length: count },
    (_, index) => `epi_${series.toString(16).padStart(8, '0')}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
  );
}

/** Lets a split's lease have run out that long ago, in milliseconds, as if nobody had renewed it. */
export async function runOut(
  db: Database,
  key: { migration: string; phase: string; cohort: string },
  ago = 1,
): Promise<void> {
  await db.query(
    `UPDATE split SET lease_until = clock_timestamp() - $4 * interval '1 millisecond' WHERE migration = $1 AND phase = $2 AND cohort = $3`,
    [key.migration, key.phase, key.cohort, ago],
  );
}
