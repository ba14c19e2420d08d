import type { PlanPath } from './plan-problem';

/** Something that the plan left out and its kind of phase, or the built-in queue, brought along. */
export interface FilledPart {
  /** Where it stands in the plan after filling in. */
  path: PlanPath;
  /** The phase, gate or queue of the plan that it was filled in for. */
  from: PlanPath;
  /** What it is, such as `the handoff 'payment-to-provider-routing'`. */
  what: string;
}
