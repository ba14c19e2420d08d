import type { Draft } from './draft';
import type { Finding } from './plan-problem';
import type { Plan } from './plan-schema';

/** What the plan's fields say of each other: every rule on every part of it that could be read. */
export function checkPlan(_plan: Draft<Plan>): Finding[] {
  return [];
}
