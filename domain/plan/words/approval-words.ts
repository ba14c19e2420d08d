import { formatDuration } from '../../time/duration';
import type { ApprovalRule } from '../plan-schema';

/** Who must say yes: `2 people of release-manager, clinical-lead; four eyes`. */
export function approvalWords({ count, roles, fourEyes }: ApprovalRule): string {
  const people = count === 1 ? '1 person' : `${count} people`;
  return `${people} of ${roles.join(', ')}${fourEyes ? '; four eyes' : ''}`;
}

/** When somebody is paged because nobody has decided. */
export function escalationWords({ escalateAfter }: ApprovalRule): string {
  return `a person is paged after ${formatDuration(escalateAfter)} without a decision`;
}
