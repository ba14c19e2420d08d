/** What a rollback rule does without asking, from narrow to wide: a pause brings nobody back, and the migration is the widest. */
export const WIDTHS = ['pause', 'step', 'cohort', 'phase', 'migration'] as const;
