import type { InFlightGroup } from './plan-rollback';
import type { RollbackAction } from './rollback-action';

/** What a rollback does to those who got that far, or did: before it, and after. */
export interface InFlightCount {
  /** The last milestone they reached; null for none. */
  milestone: string | null;
  /** On target when it was planned; `waiting` of them for a person already. */
  before: { onTarget: number; waiting: number };
  after: { finishing: number; broughtBack: number; waiting: number };
}

/** An action of a rollback, and how many it really reached, where it was carried out. */
export interface CountedAction {
  action: RollbackAction;
  moved?: number | undefined;
}

/**
 * The counts of a rollback by milestone, from its own list: what is shown before it is done, and what it came to. Whoever got further while it was
 * carried out is counted where they were met.
 */
export function countInFlight(groups: readonly InFlightGroup[], actions: readonly CountedAction[]): InFlightCount[] {
  return groups.map(({ milestone, people, paused }) => {
    const reachedBy = (kind: 'bringBack' | 'pause'): number =>
      actions.reduce(
        (sum, { action, moved }) =>
          action.kind === kind && action.milestone === milestone ? sum + (moved ?? action.people) : sum,
        0,
      );
    const broughtBack = reachedBy('bringBack');
    // Who waited already and was not brought back waits on.
    const waiting = reachedBy('pause') + Math.max(0, Math.min(paused, people - broughtBack));
    return {
      milestone,
      before: { onTarget: people, waiting: paused },
      after: { finishing: Math.max(0, people - broughtBack - waiting), broughtBack, waiting },
    };
  });
}
