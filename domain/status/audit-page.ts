/** One row of the audit log. */
export interface AuditEntry {
  id: number;
  at: string;
  phase: string | null;
  cohort: string | null;
  /** An actor's id, or `system:<part>`. */
  actor: string;
  verified: boolean;
  /** What happened, a stable code such as `split.raised`. */
  action: string;
  reason: string | null;
  planHash: string | null;
  evidence: unknown;
}

export interface AuditPage {
  /** The oldest first. */
  entries: AuditEntry[];
  /** The `after` of the page that follows; null where this is the last for now. */
  next: number | null;
}
