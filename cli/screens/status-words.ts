import { COHORT_STATUSES, type ApprovalKind, type CohortStatus } from '../../domain/phase/cohort-run';
import { BUCKETS } from '../../domain/plan/plan-schema';

const STATUS_WORDS: Record<CohortStatus, string> = {
  preflight: 'preflight',
  notReady: 'not ready',
  awaitingGoNoGo: 'waits for go/no-go',
  awaitingStep: 'waits for the next step',
  awaitingOpening: 'waits for its calendar',
  shifting: 'shifting',
  watching: 'watching',
  soaking: 'soaking',
  awaitingCommit: 'waits for commit',
  committing: 'committing',
  committed: 'committed',
  held: 'held',
  paused: 'paused',
  rollingBack: 'rolling back',
  rolledBack: 'rolled back',
  takenOut: 'taken out',
};

/** A cohort's status as people read it; one that this release does not know, as it is. */
export function statusWords(status: string): string {
  return isKnown(status) ? STATUS_WORDS[status] : status;
}

function isKnown(status: string): status is CohortStatus {
  return (COHORT_STATUSES as readonly string[]).includes(status);
}

export const REQUEST_WORDS: Record<ApprovalKind, string> = {
  goNoGo: 'go/no-go',
  step: 'the next step',
  goOn: 'going on',
  commit: 'the commit (the point of no return)',
};

/** A share in buckets as a percentage with as many decimals as it has: `2.5%`. */
export function percent(buckets: number): string {
  return `${Number(((buckets / BUCKETS) * 100).toFixed(3))}%`;
}

/** As much of a hash as people compare. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}
