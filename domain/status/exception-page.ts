import type { Side } from '../sides/side';

export const EXCEPTION_STATES = ['open', 'resolved'] as const;
export type ExceptionState = (typeof EXCEPTION_STATES)[number];

/** One patient's stuck case, as the API answers it and the CLI shows it. Dates are ISO texts. */
export interface ExceptionEntry {
  id: string;
  queue: string;
  /** Who works on it. */
  owner: string;
  state: ExceptionState;
  /** The handoff that was missed; null for a unit that was brought back. */
  handoff: string | null;
  phase: string | null;
  cohort: string | null;
  /** The side its handoff started on. */
  side: Side | null;
  /** The episode's key. */
  journey: string;
  /** The patient's key. */
  subject: string;
  cause: string;
  openedAt: string;
  /** Its SLA. */
  dueAt: string;
  overdue: boolean;
  /** When what was missing came after all. */
  recoveredAt: string | null;
  resolvedAt: string | null;
  resolvedBy: string | null;
  resolution: string | null;
}

export interface ExceptionPage {
  /** The most urgent first. */
  exceptions: ExceptionEntry[];
  /** The `after` of the page that follows; null where this is the last. */
  next: string | null;
}
