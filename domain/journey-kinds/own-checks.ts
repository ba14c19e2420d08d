import type { Draft } from '../plan/draft';
import type { Plan, PlanPhase } from '../plan/plan-schema';
import type { KindHandoff, KindProbe, OwnCheck } from './kind-declaration';

/**
 * A check that a phase has each of these handoffs: one of that name, or one that starts and ends as it does. A plan in its own words
 * calls its handoff by the name.
 */
export function hasHandoffs(
  { id, requirement, passes }: Pick<OwnCheck, 'id' | 'requirement' | 'passes'>,
  wanted: readonly KindHandoff[],
): OwnCheck {
  return {
    id,
    requirement,
    passes,
    check: (plan, phase) =>
      wanted.filter((handoff) => !isHandedOff(handoff, plan, phase)).map((handoff) => missing(handoff, requirement)),
  };
}

/** True where it cannot be told: of a handoff whose phase or events are wrong, that alone is said. */
function isHandedOff(wanted: KindHandoff, { handoffs, phases }: Draft<Plan>, phase: Draft<PlanPhase>): boolean {
  if (handoffs === undefined || phases === undefined || phase.id === undefined) return true;
  const declared = new Set(phases.map((other) => other?.id));
  return handoffs.some((handoff) => {
    if (!declared.has(handoff?.phase) || handoff?.phase === undefined) return true;
    if (handoff.phase !== phase.id) return false;
    const { id, start, end } = handoff;
    if (id === undefined || start === undefined || end === undefined || end.includes(undefined)) return true;
    return id === wanted.id || (start === wanted.start && wanted.end.some((type) => end.includes(type)));
  });
}

function missing({ id, start, end }: KindHandoff, requirement: string): string {
  return (
    `This phase hands off nothing from '${start}' to '${end.join("' or '")}' (${requirement}). ` +
    `Add that handoff; where the stacks have other words for it, call it '${id}'.`
  );
}

/** A check that each page is looked at on each side that it is wanted on. */
export function hasProbes(
  { id, requirement, passes }: Pick<OwnCheck, 'id' | 'requirement' | 'passes'>,
  wanted: readonly KindProbe[],
): OwnCheck {
  return {
    id,
    requirement,
    passes,
    check: (_, { probes }) => {
      if (probes === undefined || probes.some((probe) => probe?.side === undefined)) return [];
      return wanted.flatMap(({ page, sides }) =>
        sides
          .filter((side) => !probes.some((probe) => probe?.side === side))
          .map((side) => `Nothing looks at the ${page} page on ${side} (${requirement}). Add it under 'probes'.`),
      );
    },
  };
}
