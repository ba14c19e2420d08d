import { rampOf } from '../../domain/phase/phase-rules';
import type { PlanPhase } from '../../domain/plan/plan-schema';
import type { OutwardRoute } from './outward-route';

/** What a plan asks of a cohort that what routes it outside cannot do; empty where it can do all of it. */
export function whyNotRoutable(route: OutwardRoute, cohort: string, phase: PlanPhase): string[] {
  const ramp = rampOf({ phase }, cohort);
  const counted = ramp.some(({ perDay, maxOpen }) => perDay !== undefined || maxOpen !== undefined);
  const tooFine = ramp.some(({ share }) => share !== undefined && route.nearest(share) === undefined);
  const { otherwise, milestones } = phase.inFlight;
  const policies = new Set([otherwise, ...milestones.map(({ policy }) => policy)]);
  const some = policies.size > 1 || milestones.some(({ pastReturn }) => pastReturn === true);
  return [
    ...(counted
      ? ["It cannot count units: give each step a share, without 'perDay' or 'maxOpen', or let stacks ask the API."]
      : []),
    ...(tooFine ? ['A step has a share that is too fine for it: give a larger one.'] : []),
    ...(policies.has('pause') ? ["It cannot let people wait: choose 'finish' or 'bringBack'."] : []),
    ...(policies.has('bringBack') && route.sendsBack === 'nobody'
      ? ["It cannot send back those who are on target: choose another stickiness, or 'finish'."]
      : []),
    ...(policies.has('bringBack') && some && route.sendsBack === 'all'
      ? ["It knows no milestones and sends back everybody or nobody: choose 'bringBack' for all, or for nobody."]
      : []),
  ];
}
