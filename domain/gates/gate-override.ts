import type { Severity } from '../plan/journey';
import type { Verdict } from './verdict';

/** What two people agreed on for one gate of one cohort, while the epoch of its split lasts. */
export interface ConfirmedOverride {
  gate: string;
  /** The verdict that both saw: what it is an override of. */
  verdict: Verdict;
  reason: string;
  /** Actors' ids. */
  askedBy: string;
  confirmedBy: string;
  /** Whether one of the two was a clinical lead. */
  clinicalLead: boolean;
}

/**
 * Whether a gate with this verdict neither holds its step nor rolls back, since two people said so. Who agreed to go on without enough
 * evidence did not agree to a limit that is crossed after that; and that of a safety gate takes a clinical lead.
 */
export function isOverridden(override: ConfirmedOverride | undefined, verdict: Verdict, severity: Severity): boolean {
  if (override === undefined || verdict === 'pass') return false;
  if (verdict !== 'limitCrossed') return true;
  return override.verdict === 'limitCrossed' && (severity !== 'safety' || override.clinicalLead);
}

/** `overridden by engineer-1 and release-manager-2: the vendor's queue was drained by hand`. */
export function overrideWords({
  askedBy,
  confirmedBy,
  reason,
}: Pick<ConfirmedOverride, 'askedBy' | 'confirmedBy' | 'reason'>): string {
  return `overridden by ${askedBy} and ${confirmedBy}: ${reason}`;
}
