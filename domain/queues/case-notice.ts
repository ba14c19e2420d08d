import type { ClockMark } from './sla-clock';

/** Cases of one handoff, or of one queue, that one team hears of together. */
export interface CaseGroup {
  queue: string;
  handoff: string | null;
  kind: ClockMark;
  team: string;
}

const NOTICE_KINDS = {
  opened: 'casesOpened',
  warned: 'casesDueSoon',
  overdue: 'casesOverdue',
  escalated: 'casesEscalated',
};

/** Code of the notice that tells what clocks did. */
export function noticeKind(kind: ClockMark): string {
  return NOTICE_KINDS[kind];
}

const WORDS: Readonly<Record<ClockMark, (many: boolean) => string>> = {
  opened: (many) => (many ? 'are new' : 'is new'),
  warned: (many) => (many ? 'are due soon' : 'is due soon'),
  overdue: (many) => (many ? 'are overdue' : 'is overdue'),
  escalated: (many) => (many ? 'stay overdue and are escalated' : 'stays overdue and is escalated'),
};

/**
 * What a team is told: numbers of cases and names of the plan, never whose they are. An outage is one such text with a count.
 * @param told cases that it tells of now, the first of them, and how many were told of before
 */
export function caseMessage(
  { queue, handoff, kind, team }: CaseGroup,
  told: { first: string; count: number; before: number },
  by: { rota: string | null },
): string {
  const { first, count, before } = told;
  const more = count === 1 ? '' : ` and ${count - 1} more`;
  const since = before === 0 ? '' : ` since the last notice, ${before + count} in all`;
  const of = handoff === null ? '' : `, of ${handoff}`;
  const line = by.rota === null ? '' : ` (${by.rota})`;
  return (
    `Case ${first}${more} in queue ${queue}${of} ${WORDS[kind](count > 1)}${since}. For ${team}${line}. ` +
    `See them with: handoff queue list ${queue}`
  );
}

/** What is said when no case of it is open any more. */
export function doneMessage({ queue, handoff }: CaseGroup, cases: number): string {
  const of = handoff === null ? '' : `, of ${handoff}`;
  return `${cases === 1 ? 'The case' : `All ${cases} cases`} in queue ${queue}${of} that you were told of ${cases === 1 ? 'has' : 'have'} ended.`;
}

/** What is said when somebody has taken every one of them that is open. */
export function takenMessage({ queue }: CaseGroup): string {
  return `Every open case in queue ${queue} that you were told of was taken by somebody.`;
}
