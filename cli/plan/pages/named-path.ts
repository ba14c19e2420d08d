import type { PlanPath } from '../../../domain/plan/plan-problem';
import type { Plan } from '../../../domain/plan/plan-schema';

/** A path of a plan by the names of its parts, since people know those: `handoffs[payment-to-provider-routing].must`. */
export function namedPath(plan: Plan, path: PlanPath): string {
  let value: unknown = plan;
  let text = '';
  for (const step of path) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[String(step)] : undefined;
    text += typeof step === 'number' ? `[${nameIn(value) ?? step + 1}]` : text === '' ? step : `.${step}`;
  }
  return text;
}

function nameIn(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
    ? value.id
    : undefined;
}
