import type { UnlinkedBecause } from '../crosswalk/vendor-event';
import type { ClockMark } from '../queues/sla-clock';
import type { Lane } from '../handoffs/lane';
import type { RedriveState, RedriveWhy } from '../queues/redrive';
import type { Side } from '../sides/side';

/** `open` until it ends in one of the others: with evidence, left as it is by two people, or as part of another case. */
export const EXCEPTION_STATES = ['open', 'resolved', 'accepted', 'merged'] as const;
export type ExceptionState = (typeof EXCEPTION_STATES)[number];

/** One patient's stuck case, as the API answers it and the CLI shows it. Dates are ISO texts. */
export interface ExceptionEntry {
  id: string;
  queue: string;
  /** The team that works on it. */
  owner: string;
  /** The actor of that team who took it; null: nobody yet. */
  assignedTo: string | null;
  state: ExceptionState;
  /** What opened it: `handoff`, `event`, `bringBack`, `pause`, `link`, `outage`, `unlinked`, `crosswalk`, `wrongSide` or `secondEnd`. */
  kind: string;
  /** The handoff that was missed, or whose end came once more; null for a unit that was brought back, and for a case that an event opened. */
  handoff: string | null;
  phase: string | null;
  cohort: string | null;
  /** The side its handoff started on. */
  side: Side | null;
  /** From there to the side that should have ended it; null where no handoff was missed. */
  lane: Lane | null;
  /** The episode's key. */
  journey: string;
  /** The patient's key. */
  subject: string;
  cause: string;
  openedAt: string;
  /** Its SLA. Reopening starts it anew. */
  dueAt: string;
  overdue: boolean;
  /** When what was missing came after all; of several occurrences, all of it. */
  recoveredAt: string | null;
  /** The event that it came by. */
  recoveredBy: EventReference | null;
  /** What is known of why, beyond that nothing came; null: nothing did, or no handoff is the cause. */
  why: ExceptionWhy | null;
  /** How often it was resolved and was not. */
  reopened: number;
  /** How often it happened while the case was open: each of these is accounted for by this one case (I6). */
  occurrences: number;
  /** Put off: nobody is asked for it before. Its SLA goes on, so it may be overdue all the same. */
  snoozed: { until: string; reason: string; by: string } | null;
  /** Asked for while it is open; agreed to by `resolvedBy` where it is `accepted`. */
  acceptance: { reason: string; askedBy: string; askedAt: string } | null;
  /** The case of the same patient that this one is part of. */
  mergedInto: string | null;
  /** When it ended, however it did. */
  resolvedAt: string | null;
  resolvedBy: string | null;
  /** The last time that its missing command was sent again; null: nobody asked for that. */
  redrive: ExceptionRedrive | null;
  /** Its queue's path, each step with the reference that shows it was done. */
  steps: ExceptionStep[];
}

/** A missing command that is sent again to the system that owes it. Dates are ISO texts. */
export interface ExceptionRedrive {
  id: string;
  /** What it is to end: the case's own cause, or one of what happened again. */
  cause: string;
  command: string;
  /** That it is sent to. */
  system: string;
  /** That must end the handoff. */
  side: Side;
  state: RedriveState;
  /** A code. */
  reason: string;
  askedBy: string;
  askedAt: string;
  /** How often it was tried, what is under way included. */
  tries: number;
  /** Of the last try in vain, or of its end; null where there is nothing to say. */
  why: RedriveWhy | null;
  /** The status of the last answer. */
  status: number | null;
  /** When it is tried next; null once it has ended. */
  nextTryAt: string | null;
  endedAt: string | null;
}

/** An event, by what it says of itself: enough to find it where it came from, and nothing of a patient. */
export interface EventReference {
  source: string;
  id: string;
  type: string;
  /** When it happened. */
  at: string;
}

/** R50: what was wrong with the ends that a handoff had. */
export interface ExceptionWhy {
  /** The last end that came in time and was none, since it did not meet this condition of the plan. */
  failed?: { condition: string; end: EventReference };
  /** The codes of which no end came in time, where there must be one for each. */
  lacking?: string[];
  /** The end that came once more, where it must come once. */
  secondEnd?: EventReference;
}

export interface ExceptionStep {
  /** From 1. */
  step: number;
  what: string;
  /** An id in another system; null while the step is not done. */
  reference: string | null;
}

export interface ExceptionPage {
  /** The most urgent first. */
  exceptions: ExceptionEntry[];
  /** The `after` of the page that follows; null where this is the last. */
  next: string | null;
}

export const EXCEPTION_ACTIONS = [
  'assigned',
  'resolved',
  'reopened',
  'snoozed',
  'woken',
  'stepDone',
  'acceptanceAsked',
  'acceptanceRefused',
  'accepted',
  'merged',
  'tookIn',
  'redriven',
] as const;

/** What somebody did with a case. */
export interface ExceptionAction {
  action: (typeof EXCEPTION_ACTIONS)[number];
  actor: string;
  at: string;
  /** Of each action its own: `{ to }`, `{ evidence }`, `{ reason }`, `{ until, reason }`, `{ step, reference }`, `{ into }`, `{ merged }` or nothing. */
  details: Record<string, unknown>;
}

/** One of the occurrences of a case, after the first. */
export interface ExceptionRepeat {
  cause: string;
  /** When it was counted. */
  at: string;
  recoveredAt: string | null;
}

/** One thing that a case's clock did. Dates are ISO texts. */
export interface ExceptionMark {
  kind: ClockMark;
  /** Whom the plan names for it. */
  team: string;
  /** How often the case had been opened again before. */
  opening: number;
  /** When it was to be done, and when it was. */
  dueAt: string;
  doneAt: string;
  /** false: it came too late to be worth a word to anybody. */
  told: boolean;
}

/** One case with all that was done about it, the oldest first. */
export interface ExceptionHistory {
  exception: ExceptionEntry;
  /** Cases of the same patient that are part of this one, by their numbers. */
  merged: string[];
  /** What happened again while it was open, the earliest first. */
  again: ExceptionRepeat[];
  /** Events of a vendor's that it holds, by why. */
  held: { because: UnlinkedBecause; events: number }[];
  /** How many were given up for lost with it. */
  givenUp: number;
  actions: ExceptionAction[];
  /** Its missing command, as often as it was asked for again. */
  redrives: ExceptionRedrive[];
  /** What its SLA clock did. */
  marks: ExceptionMark[];
}

/** What became of one case of many. */
export interface BulkResult {
  exception: string;
  /** Absent where it was refused. */
  state?: ExceptionState;
  /** Why it was refused: the code and the words that the same request for this case alone would get. */
  code?: string;
  detail?: string;
}

export interface BulkAnswer {
  results: BulkResult[];
  done: number;
  refused: number;
  /** Cases that fit and were beyond the limit. */
  left: number;
  /** For them: what `after` of the same filter is to be, with another key. */
  next: string | null;
}
