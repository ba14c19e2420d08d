import { planSchema, type Plan } from '../../../domain/plan/plan-schema';
import { writtenValue } from '../../../domain/plan/written-value';

/**
 * A plan, after defaults, as it would be written: the reverse of reading it. Read again it is the same plan, of the same hash.
 * JSON, which every reader of YAML takes.
 */
export function planDocument(plan: Plan): string {
  return JSON.stringify(writtenValue(planSchema, plan), null, 2);
}
