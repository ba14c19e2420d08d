import { bringsPeopleBack } from '../phase/brings-people-back';
import type { PlanPhase, RollbackScope } from '../plan/plan-schema';
import type { CannotUndo, RollbackAction } from './rollback-action';

/** People on target whose journey is open, by the last milestone they reached; null for those who reached none. */
export type InFlight = { milestone: string | null; people: number }[];

export interface RollbackFacts {
  cohort: string;
  scope: RollbackScope;
  /** Share of arrivals before and after, in buckets. */
  from: number;
  to: number;
  inFlight: InFlight;
}

/**
 * All that a rollback of one cohort does, in order: traffic first, then people. Both the preview and the execution ask here
 * (I12). One step back moves no people: the step before is where they may stay. Every group that comes back is listed, in journey
 * order, even where nobody is in it now: who gets further while the list is carried out is met by a later action.
 */
export function planRollback(facts: RollbackFacts, phase: PlanPhase): RollbackAction[] {
  const { cohort, from, to, scope } = facts;
  const groups = [null, ...phase.inFlight.milestones.map(({ id }) => id)].map((milestone) => ({
    milestone,
    people: facts.inFlight.find((group) => group.milestone === milestone)?.people ?? 0,
  }));
  const moved = groups.filter(({ milestone }) => policyFor(phase, scope, milestone) === 'bringBack');
  const left = groups.filter((group) => group.people > 0 && !moved.includes(group));
  const queue = phase.inFlight.queue;
  return [
    { kind: 'lowerSplit', cohort, from, to },
    ...left.map((group) => ({ kind: 'leaveToFinish' as const, cohort, ...group })),
    ...(queue === undefined ? [] : moved.map((group) => ({ kind: 'bringBack' as const, cohort, ...group, queue }))),
    ...(bringsPeopleBack(phase, scope) ? [{ kind: 'reopenSplit' as const, cohort }] : []),
  ];
}

/** What happened to people on target that stays: only what happened at all is listed. */
export function cannotUndo(phase: PlanPhase, counts: Readonly<Record<string, number>>): CannotUndo[] {
  return phase.irreversible
    .map(({ effect, event, undo }) => ({ effect, undo, count: counts[event] ?? 0 }))
    .filter(({ count }) => count > 0);
}

function policyFor(phase: PlanPhase, scope: RollbackScope, milestone: string | null): 'finish' | 'bringBack' {
  if (!bringsPeopleBack(phase, scope)) return 'finish';
  const declared = phase.inFlight.milestones.find(({ id }) => id === milestone);
  return declared?.policy ?? phase.inFlight.otherwise;
}
