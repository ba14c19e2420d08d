import { unreachable } from '../../unreachable';
import type { RollbackRule, RollbackScope } from '../plan-schema';

/** What a crossed limit does, in a few words. */
export function actionWords(action: RollbackRule['action']): string {
  switch (action.kind) {
    case 'pause':
      return 'pause: nothing goes on until people decide';
    case 'rollback':
      return SCOPES[action.scope];
    default:
      return unreachable(action);
  }
}

const SCOPES: Record<RollbackScope, string> = {
  step: 'one step back: the cohort goes to the share before',
  cohort: 'the cohort goes back to legacy',
  phase: 'every cohort of the phase goes back to legacy',
  migration: 'the phase under way goes back to legacy, and no other starts',
};
