import type { PlanNeeds, PlanProposal } from '../migration/migration-run';
import type { PlanDiff } from '../plan/diff/plan-change';
import type { Refused } from '../plan/versions/what-is-fixed';

/** What another version of a plan would change, as the API answers it. */
export interface PlanPreview extends PlanDiff {
  /** The version in force. */
  from: string;
  to: string;
  /** What stands in its way, one by one. Empty where nothing does. */
  refused: Refused[];
  needs: PlanNeeds;
}

/** The versions of its plan that a migration went by, and the one that waits. Dates are ISO texts. */
export interface PlanVersionList {
  /** In force. */
  planHash: string;
  versions: { number: number; planHash: string; proposedBy: string; approvedBy: string; adoptedAt: string }[];
  /** null where none waits for a decision. */
  proposal: (PlanProposal & { preview: PlanPreview }) | null;
}
