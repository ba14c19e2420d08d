import type { Plan } from '../domain/plan/plan-schema';
import { readStoredPlan } from '../domain/plan/stored-plan';
import type { Queryable } from './database';

export interface StoredPlan {
  /** sha256 over the canonical JSON of `plan`. */
  hash: string;
  /** After defaults. */
  plan: Plan;
  /** As written. */
  source: string;
}

/** Keeps a plan. A plan that is there already stays as it is: its hash is its content. */
export async function savePlan(connection: Queryable, plan: StoredPlan): Promise<void> {
  await connection.query(
    `INSERT INTO plan (hash, document, source) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING`,
    [plan.hash, JSON.stringify(plan.plan), plan.source],
  );
}

/**
 * The plan of that hash, after defaults, those of today included; undefined where none was stored. It never changes, so may be kept for good.
 * @throws PlanOfOtherRelease
 */
export async function getPlan(connection: Queryable, hash: string): Promise<Plan | undefined> {
  const { rows } = await connection.query<{ document: unknown }>(`SELECT document FROM plan WHERE hash = $1`, [hash]);
  return rows[0] === undefined ? undefined : readStoredPlan(rows[0].document);
}
