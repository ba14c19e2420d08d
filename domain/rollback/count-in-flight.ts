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

/** What a rollback did so far with those who had got that far when it was planned. */
export interface RollbackCount {
  milestone: string | null;
  /** On target when it was planned. */
  before: number;
  broughtBack: number;
  waiting: number;
  /** Those whom it leaves, or has not come to yet. */
  onTarget: number;
}

/** The counts of a rollback by milestone, from its own list and how far it has come. In the list's order. */
export function countDone(actions: readonly { action: RollbackAction; moved: number | null }[]): RollbackCount[] {
  const counts = new Map<string | null, RollbackCount>();
  for (const { action, moved } of actions) {
    if (action.kind !== 'leaveToFinish' && action.kind !== 'pause' && action.kind !== 'bringBack') continue;
    const { milestone, people } = action;
    const one = counts.get(milestone) ?? { milestone, before: 0, broughtBack: 0, waiting: 0, onTarget: 0 };
    const waited = action.kind === 'pause' ? action.waiting : 0;
    one.before += people + waited;
    if (action.kind === 'bringBack') one.broughtBack += moved ?? 0;
    if (action.kind === 'pause') one.waiting += (moved ?? 0) + waited;
    one.onTarget = Math.max(0, one.before - one.broughtBack - one.waiting);
    counts.set(milestone, one);
  }
  return [...counts.values()].filter(({ before, broughtBack, waiting }) => before + broughtBack + waiting > 0);
}
