import type { Draft } from '../draft';
import type { Role } from '../journey';
import type { PlanPath } from '../plan-problem';
import type { ApprovalRule, Plan } from '../plan-schema';
import { rampsOf } from './ramps-of';
import { readable, type Rule } from './rule';

/** Held by machines: they may stop, never approve. */
const MACHINES: readonly Role[] = ['automation', 'stack'];

/** People approve. */
export const peopleApprove: Rule = function* (plan) {
  for (const [, path, approval] of approvalsOf(plan)) {
    for (const [index, role] of readable(approval.roles)) {
      if (!MACHINES.includes(role)) continue;
      yield {
        code: 'WH610',
        path: [...path, 'roles', index],
        message: `People approve; '${role}' is held by machines. Name another role.`,
      };
    }
  }
};

/** An approval by plain signal is unverified, and none such counts towards four eyes. */
export const fourEyesVerified: Rule = function* (plan) {
  for (const [index, phase] of readable(plan.phases)) {
    if (phase.approvals?.bySignal !== true) continue;
    const fourEyes = [...approvalsOf(plan)].find(([of, , approval]) => of === index && approval.fourEyes === true);
    if (fourEyes === undefined) continue;
    yield {
      code: 'WH611',
      path: ['phases', index, 'approvals', 'bySignal'],
      message:
        "An approval by signal is unverified and never counts towards four eyes. Remove 'bySignal', or 'fourEyes' in this phase.",
    };
  }
};

/** Every approval that a plan asks for: the index of its phase, its path, its rule. */
function* approvalsOf({ phases }: Draft<Plan>): Generator<[number, PlanPath, Draft<ApprovalRule>]> {
  for (const [index, phase] of readable(phases)) {
    for (const kind of ['goNoGo', 'goOn', 'commit'] as const) {
      const approval = phase.approvals?.[kind];
      if (approval !== undefined) yield [index, ['phases', index, 'approvals', kind], approval];
    }
    for (const { ramp, path } of rampsOf(phase, ['phases', index])) {
      for (const [step, { approval }] of readable(ramp)) {
        if (approval !== undefined) yield [index, [...path, step, 'approval'], approval];
      }
    }
  }
}
