import { comparePlans } from '../../domain/plan/diff/compare-plans';
import type { PlanDiff } from '../../domain/plan/diff/plan-change';
import type { Plan } from '../../domain/plan/plan-schema';

/** What `plan diff --json` prints. */
export interface DiffResult extends PlanDiff {
  before: { migration: string; hash: string };
  after: { migration: string; hash: string };
  /** Whether what people approved on the one is approved on the other: only where the hash is the same. */
  approvalsStand: boolean;
}

interface Hashed {
  plan: Plan;
  hash: string;
}

/** Two good plans compared, as people are shown it. */
export function diffPlans(before: Hashed, after: Hashed): DiffResult {
  return {
    before: { migration: before.plan.migration, hash: before.hash },
    after: { migration: after.plan.migration, hash: after.hash },
    approvalsStand: before.hash === after.hash,
    ...comparePlans(before.plan, after.plan),
  };
}
