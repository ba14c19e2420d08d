/** What one lint code says, whatever the plan: the catalogue's entry. */
export interface CodeEntry {
  /** `warning` does not stop a plan. */
  severity: 'error' | 'warning';
  /** What is wrong, in a line. */
  title: string;
  /** What comes of it, for patients or for those who run the migration. */
  why: string;
  /** A part of a plan that is found fault with, and what to write in its place. */
  bad: string;
  good: string;
  /** Whether a plan may waive it, with a reason, an approver and a date. Never what protects patients. */
  waivable?: true;
}
