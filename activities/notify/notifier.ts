export interface Notice {
  /** The same key is told once, however often it is sent. */
  onceKey: string;
  migration: string;
  phase: string | null;
  cohort: string | null;
  /** A code: `approvalNeeded`, `limitCrossed`, `rolledBack`, `held`, ... */
  kind: string;
  urgency: 'info' | 'page';
  /** For people of the company. Nothing of a patient. */
  message: string;
}

/** Tells people. Sending the same notice again is harmless. @throws NotDelivered where it could not be handed over */
export interface Notifier {
  send(notice: Notice): Promise<void>;
}
