import type { Plan } from '../plan/plan';
import { unreachable } from '../unreachable';

export type Status = 'watching' | 'held';

export function transition(status: Status, plan: Plan): string {
  switch (status) {
    case 'watching':
      return plan.migration;
    case 'held':
      return 'held';
    default:
      return unreachable(status);
  }
}
