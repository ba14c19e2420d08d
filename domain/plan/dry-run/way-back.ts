import { unreachable } from '../../unreachable';
import { reachesPeople } from '../../phase/reaches-people';
import type { InFlightPolicy, Plan, PlanPhase, RollbackRule } from '../plan-schema';
import { pausedArrivalsWords } from '../words/action-words';

/** What takes a phase back by itself, until when, and what that does with people. */
export interface WayBack {
  /** The commit: from then on only a reverse cutover goes back. */
  until: Date | null;
  /** People on target when a cohort, the phase or the migration goes back, by the last milestone that they reached; null for none. */
  inFlight: { reached: string | null; policy: InFlightPolicy; pastReturn: boolean }[];
  /** Where those are worked on who are brought back or wait. */
  queue: { id: string; owner: string; capacity: number | null } | null;
  rules: { id: string; gate: string; does: string; agreedBy: readonly string[] }[];
}

export function wayBackOf(plan: Plan, phase: PlanPhase, until: Date | null): WayBack {
  const { otherwise, milestones, queue: id } = phase.inFlight;
  const queue = plan.queues.find((one) => one.id === id);
  return {
    until,
    inFlight: [
      { reached: null, policy: otherwise, pastReturn: false },
      ...milestones.map(({ id: reached, policy, pastReturn = false }) => ({ reached, policy, pastReturn })),
    ],
    queue: queue === undefined ? null : { id: queue.id, owner: queue.owner, capacity: queue.capacity ?? null },
    rules: plan.rollbackRules
      .filter((rule) => rule.phase === phase.id)
      .map((rule) => ({ id: rule.id, gate: rule.gate, does: whatItDoes(phase, rule.action), agreedBy: rule.agreedBy })),
  };
}

/** What a rule does with arrivals, and with those on their way. */
function whatItDoes(phase: PlanPhase, action: RollbackRule['action']): string {
  if (action.kind === 'pause') {
    return `The cohort stops until people let it go on; ${pausedArrivalsWords(phase)}. Nobody on target is moved.`;
  }
  const people = reachesPeople(phase, action.scope)
    ? 'Those on target: by how far they got, as below.'
    : 'Those on target finish there.';
  switch (action.scope) {
    case 'step':
      return 'The cohort takes the share of the step before. Where there is no step before, or it goes by a number a day, all arrivals of the cohort go to legacy. Nobody on target is moved.';
    case 'cohort':
      return `Arrivals of the cohort go to legacy; other cohorts go on. ${people}`;
    case 'phase':
      return `Arrivals of every cohort go to legacy. ${people}`;
    case 'migration':
      return `Arrivals of every cohort go to legacy, and no other phase starts; what is committed stays. ${people}`;
    default:
      return unreachable(action.scope);
  }
}
