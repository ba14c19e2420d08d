import type { Lane } from '../handoffs/lane';
import type { Side } from '../sides/side';

export const EXCEPTION_STATES = ['open', 'resolved'] as const;
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
  /** The handoff that was missed; null for a unit that was brought back, and for a case that an event opened. */
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
  /** When what was missing came after all. */
  recoveredAt: string | null;
  /** How often it was resolved and was not. */
  reopened: number;
  resolvedAt: string | null;
  resolvedBy: string | null;
  /** Its queue's path, each step with the reference that shows it was done. */
  steps: ExceptionStep[];
}

export interface ExceptionStep {
  /** From 1. */
  step: number;
  what: string;
  /** An id in another system; null while the case is open. */
  reference: string | null;
}

export interface ExceptionPage {
  /** The most urgent first. */
  exceptions: ExceptionEntry[];
  /** The `after` of the page that follows; null where this is the last. */
  next: string | null;
}

export const EXCEPTION_ACTIONS = ['assigned', 'resolved', 'reopened'] as const;

/** What somebody did with a case. */
export interface ExceptionAction {
  action: (typeof EXCEPTION_ACTIONS)[number];
  actor: string;
  at: string;
  /** `{ to }`, `{ evidence }` or `{ reason }`. */
  details: Record<string, unknown>;
}

/** One case with all that was done about it, the oldest first. */
export interface ExceptionHistory {
  exception: ExceptionEntry;
  actions: ExceptionAction[];
}
