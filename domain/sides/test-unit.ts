import { DomainError } from '../domain-error';
import type { Plan, PlanPhase } from '../plan/plan-schema';
import { KeyOutsideGrammar, prefixOf } from './key-grammar';

/** A side can be given by name to test patients alone. */
export class NotATestUnit extends DomainError {
  readonly code = 'not-a-test-unit';
  readonly status = 403;
  constructor() {
    super(
      "The plan does not name this key under 'testUnits'. Only test patients whom the approved plan names can be given a side; everybody else is placed by the splits. The value received was not kept.",
    );
  }
}

/** Refuses a key that may not be overridden in this phase. @throws KeyOutsideGrammar, NotATestUnit */
export function refuseRealUnit(
  plan: Pick<Plan, 'keys' | 'testUnits'>,
  phase: Pick<PlanPhase, 'unit'>,
  key: string,
): void {
  const prefix = plan.keys[phase.unit];
  if (prefix === undefined || prefixOf(key) !== prefix) throw new KeyOutsideGrammar("'unit'", prefix);
  if (plan.testUnits?.includes(key) !== true) throw new NotATestUnit();
}
