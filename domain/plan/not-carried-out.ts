import { lintEntry } from './lint/lint-catalogue';
import type { NotCarriedOutCode } from './lint/codes/not-carried-out-codes';
import { formatPath, type Finding, type PlanPath } from './plan-problem';
import { rampsOf } from './rules/ramps-of';
import type { Plan, PlanPhase } from './plan-schema';

/** Where a plan declares a part, in order. */
type Places = (plan: Plan) => Iterable<PlanPath>;

const section = (name: keyof Plan): Places =>
  function* (plan) {
    if (plan[name] !== undefined) yield [name];
  };

const phases = (name: keyof PlanPhase): Places =>
  function* (plan) {
    for (const [index, { [name]: part }] of plan.phases.entries()) {
      // An empty list says that there is nothing to carry out.
      if (part !== undefined && !(Array.isArray(part) && part.length === 0)) yield ['phases', index, name];
    }
  };

/**
 * Everything that a plan can say and this release does not carry out. It is shown and hashed, and approved with the rest; nobody may take
 * it for active. A part leaves this list in the change that carries it out, and enters it in the change that lets a plan say it.
 */
export const NOT_CARRIED_OUT: Readonly<Record<NotCarriedOutCode, Places>> = {
  WH802: section('ownership'),
  WH804: section('coverage'),
  WH805: section('queueRules'),
  WH806: section('runbook'),
  WH813: phases('soakCycles'),
  WH814: phases('armedEffects'),
  WH816: function* (plan) {
    for (const [index, phase] of plan.phases.entries()) {
      for (const { ramp, path } of rampsOf(phase, ['phases', index])) {
        for (const [step, one] of ramp.entries()) if (one?.checks !== undefined) yield [...path, step, 'checks'];
      }
    }
  },
  WH817: phases('waves'),
  WH818: section('declaredGates'),
};

/** What a plan declares and this release does not act on: each part where it is written first, with how often it is there. */
export function notCarriedOut(plan: Plan): Finding[] {
  return (Object.entries(NOT_CARRIED_OUT) as [NotCarriedOutCode, Places][]).flatMap(([code, places]) => {
    const [path, ...others] = places(plan);
    if (path === undefined) return [];
    const { title, why } = lintEntry(code);
    const also = others.length === 0 ? '' : ` (also at ${listed(others)})`;
    return [
      {
        code,
        path,
        atName: true,
        message: `${title}${also}: declared and shown, but not acted on by this release. ${why}`,
      },
    ];
  });
}

/** At most so many places are named. */
const NAMED = 6;

function listed(paths: readonly PlanPath[]): string {
  const named = paths.slice(0, NAMED).map(formatPath).join(', ');
  return paths.length > NAMED ? `${named} and ${paths.length - NAMED} more` : named;
}
