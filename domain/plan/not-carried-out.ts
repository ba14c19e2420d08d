import { lintEntry } from './lint/lint-catalogue';
import type { NotCarriedOutCode } from './lint/codes/not-carried-out-codes';
import type { Finding, PlanPath } from './plan-problem';
import type { Plan } from './plan-schema';

/** Where a plan declares a part, in order. */
type Places = (plan: Plan) => Iterable<PlanPath>;

const section = (name: keyof Plan): Places =>
  function* (plan) {
    if (plan[name] !== undefined) yield [name];
  };

/**
 * Everything that a plan can say and this release does not carry out. It is shown and hashed, and approved with the rest; nobody may take
 * it for active. A part leaves this list in the change that carries it out, and enters it in the change that lets a plan say it.
 */
export const NOT_CARRIED_OUT: Readonly<Record<NotCarriedOutCode, Places>> = {
  WH801: section('advance'),
  WH802: section('ownership'),
  WH803: function* ({ owners }) {
    for (const [index, { reach }] of owners.entries()) if (reach !== undefined) yield ['owners', index, 'reach'];
  },
  WH804: section('coverage'),
  WH805: section('queueRules'),
  WH806: section('runbook'),
};

/** What a plan declares and this release does not act on: each part once, where it is written first, with how often it is there. */
export function notCarriedOut(plan: Plan): Finding[] {
  return (Object.entries(NOT_CARRIED_OUT) as [NotCarriedOutCode, Places][]).flatMap(([code, places]) => {
    const [path, ...others] = places(plan);
    if (path === undefined) return [];
    const { title, why } = lintEntry(code);
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    return [
      {
        code,
        path,
        atName: true,
        message: `${title}${more}: declared and shown, but not acted on by this release. ${why}`,
      },
    ];
  });
}
