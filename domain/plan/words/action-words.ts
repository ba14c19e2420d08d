import { unreachable } from '../../unreachable';
import type { PlanPhase, RollbackRule, RollbackScope } from '../plan-schema';

type PauseAndRamps = Pick<PlanPhase, 'pause' | 'ramp' | 'cohorts'>;

/** What a crossed limit does, in a few words; with its phase, also what that does to arrivals there. */
export function actionWords(action: RollbackRule['action'], phase?: PauseAndRamps): string {
  switch (action.kind) {
    case 'pause':
      return `pause: the cohort stops until people let it go on${phase === undefined ? '' : `; ${pausedArrivalsWords(phase)}`}`;
    case 'rollback':
      return `${SCOPES[action.scope]}${action.scope === 'step' && phase !== undefined ? byNumberWords(phase) : ''}`;
    default:
      return unreachable(action);
  }
}

/** Where a pause leaves whoever arrives meanwhile. */
export function pausedArrivalsWords({ pause }: Pick<PlanPhase, 'pause'>): string {
  switch (pause.arrivals) {
    case 'stop':
      return 'meanwhile its arrivals go to legacy';
    case 'keep':
      return 'meanwhile its arrivals keep their share';
    default:
      return unreachable(pause.arrivals);
  }
}

/** A number a day was a ceiling that a share cannot keep, so nobody new goes to target where a step back leads to one. */
function byNumberWords({ ramp, cohorts }: PauseAndRamps): string {
  const ramps = [ramp, ...cohorts.flatMap((cohort) => (cohort.ramp === undefined ? [] : [cohort.ramp]))];
  const byNumber = ramps.some((steps) => steps.slice(0, -1).some(({ perDay }) => perDay !== undefined));
  return `; where there is none${byNumber ? ', or it goes by a number a day' : ''}, its arrivals go to legacy`;
}

const SCOPES: Record<RollbackScope, string> = {
  step: 'one step back: the cohort takes the share of the step before',
  cohort: 'the cohort goes back to legacy',
  phase: 'every cohort of the phase goes back to legacy',
  migration: 'the phase under way goes back to legacy, and no other starts',
};
