import type { PlanNeeds } from '../../migration/migration-run';
import { comparePlans } from '../diff/compare-plans';
import type { Part, PlanChange, PlanDiff } from '../diff/plan-change';
import type { Plan } from '../plan-schema';
import { whatIsFixed, type Refused } from './what-is-fixed';

/** How far a migration has come, by its phases' ids. A phase that is in neither has not begun. */
export interface PhasesStand {
  /** Committed, or ended without. */
  ended: readonly string[];
  /** Begun, and not ended; null for none. */
  live: string | null;
}

export interface PlanJudgement extends PlanDiff {
  /** What stands in its way, all at once; empty where nothing does. */
  refused: Refused[];
  needs: PlanNeeds;
}

/** Parts that a phase goes by. */
const ENGINE: readonly Part[] = ['phase', 'cohort', 'rampStep', 'gate', 'rollbackRule', 'approval', 'handoff'];
/** Sections that nobody changes while any phase is under way. */
const FROZEN = ['ownership'];

const ONE: PlanNeeds = { roles: ['release-manager'], fourEyes: false };
const TWO: PlanNeeds = { roles: ['release-manager', 'clinical-lead'], fourEyes: true };

/**
 * Whether a migration that is under way can take another version of its plan (R36). What placements, events and handoffs rest on never
 * changes; a phase that has ended stays as it was; one that is under way may be tightened and not loosened, which takes two people, as does
 * whatever else changes beside it; a phase that has not begun is changed by one release manager.
 */
export function judgePlanChange(before: Plan, after: Plan, stand: PhasesStand): PlanJudgement {
  const diff = comparePlans(before, after);
  const fixed = whatIsFixed(before, after);
  const refused = [...fixed, ...diff.changes.flatMap((change) => why(change, stand, fixed))];
  return { ...diff, refused, needs: diff.changes.some((change) => takesTwo(change, stand)) ? TWO : ONE };
}

function why(change: PlanChange, { ended, live }: PhasesStand, fixed: readonly Refused[]): Refused[] {
  const { path, phase, part, direction } = change;
  // Said already, with a better reason.
  if (fixed.some((one) => path.startsWith(one.path))) return [];
  if (live !== null && FROZEN.some((section) => path.startsWith(section))) {
    return [
      {
        path,
        message: `Who owns what is frozen while phase ${live} is under way (R5). Change it before the next one.`,
      },
    ];
  }
  if (!ENGINE.includes(part)) return [];
  if (phase !== undefined && ended.includes(phase)) {
    return [{ path, message: `Phase ${phase} has ended: leave what it went by as it is.` }];
  }
  // A rule on queues, or a gate that people watch, is of whatever phase is under way.
  const of = phase ?? (part === 'rollbackRule' || part === 'gate' ? live : null);
  if (of === null || of !== live || direction !== 'loosened') return [];
  const message = `This loosens phase ${of}, which is under way: only what tightens it can change now.`;
  return [{ path, message }];
}

function takesTwo({ phase, direction }: PlanChange, { live }: PhasesStand): boolean {
  return live !== null && direction !== 'other' && (phase === undefined || phase === live);
}
