/** How somebody agreed to the rules of a plan. */
export type SignedAs =
  /** Started the migration with it. */
  | 'started'
  | 'proposedPlan'
  | 'approvedPlan'
  /** Said go to a phase's cohort. */
  | 'goNoGo';

/** Somebody who agreed to a plan's rules, for one cohort. */
export interface Signature {
  /** An actor's id. */
  by: string;
  verified: boolean;
  as: SignedAs;
  /** ISO */
  at: string;
}

/** A version of the plan that the migration goes by, or went by; the first is the one it was started with. */
export interface SignedVersion {
  number: number;
  planHash: string;
  proposedBy: string;
  approvedBy: string;
  adoptedAt: Date;
}

/** What happened to the go/no-go of a cohort. */
export interface GoNoGoEntry {
  planHash: string | null;
  action: string;
  actor: string;
  verified: boolean;
  at: string;
}

/** What makes approvals that were given void, or comes before there are any. */
const BEGINS_ANEW = ['approval.asked', 'goNoGo.void', 'goNoGo.rejected'];

/**
 * Who agreed to the rules that a cohort goes by: whoever brought in that version of the plan, and whoever said go by it and was not made
 * void since.
 * @param entries in their order
 */
export function signaturesOf(
  planHash: string,
  versions: readonly SignedVersion[],
  entries: readonly GoNoGoEntry[],
): Signature[] {
  const given: Signature[] = [];
  for (const { action, actor, verified, at, planHash: of } of entries) {
    if (BEGINS_ANEW.includes(action)) given.length = 0;
    if (action === 'goNoGo.approval' && of === planHash) given.push({ by: actor, verified, as: 'goNoGo', at });
  }
  return [...versionSignatures(versions.findLast((version) => version.planHash === planHash)), ...given];
}

/** Their ids, each once. */
export function signersOf(signatures: readonly Signature[]): string[] {
  return [...new Set(signatures.map(({ by }) => by))];
}

function versionSignatures(version: SignedVersion | undefined): Signature[] {
  if (version === undefined) return [];
  const { number, proposedBy, approvedBy, adoptedAt } = version;
  const signed = (by: string, as: SignedAs): Signature => ({ by, verified: true, as, at: adoptedAt.toISOString() });
  if (number === 1) return [signed(approvedBy, 'started')];
  return [signed(proposedBy, 'proposedPlan'), signed(approvedBy, 'approvedPlan')];
}
