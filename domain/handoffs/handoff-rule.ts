import type { Plan } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';
import { compress } from '../time/time-scale';

/** A handoff as the matcher needs it, on a migration's own clock. A plan gives each event type one part in it. */
export interface HandoffRule {
  id: string;
  phase: string;
  /** The phase whose placement says which side must end it. */
  endPhase: string;
  start: string;
  ends: ReadonlySet<string>;
  unless: ReadonlySet<string>;
  /** From the start to the deadline. Whole milliseconds, so that every moment is one. */
  within: Milliseconds;
  /** How long after its time an event may arrive and still count at its time. */
  lateness: Milliseconds;
  queue: string;
  /** Since when it is declared, in milliseconds since 1970, where that is not since the migration started: what was before does not start it. */
  since?: number;
}

/**
 * The handoffs of a plan, compressed for a rehearsal.
 * @param declaredSince those that a later version of the plan added, by id
 */
export function handoffRules(
  plan: Pick<Plan, 'handoffs' | 'lateness'>,
  timeScale: number,
  declaredSince: ReadonlyMap<string, Date> = new Map(),
): HandoffRule[] {
  return plan.handoffs.map((handoff) => ({
    id: handoff.id,
    phase: handoff.phase,
    endPhase: handoff.endPhase ?? handoff.phase,
    start: handoff.start,
    ends: new Set(handoff.end),
    unless: new Set(handoff.unless),
    within: wholeMilliseconds(compress(handoff.within, timeScale)),
    lateness: wholeMilliseconds(compress(handoff.lateness ?? plan.lateness, timeScale)),
    queue: handoff.queue,
    ...sinceOf(declaredSince.get(handoff.id)),
  }));
}

function sinceOf(declared: Date | undefined): Pick<HandoffRule, 'since'> {
  return declared === undefined ? {} : { since: declared.getTime() };
}

/** Whether any handoff starts, ends or is released by events of this type. */
export function listensTo(rules: readonly HandoffRule[], type: string): boolean {
  return rules.some((rule) => rule.start === type || rule.ends.has(type) || rule.unless.has(type));
}

function wholeMilliseconds(duration: Milliseconds): Milliseconds {
  return Math.max(1, Math.round(duration));
}
