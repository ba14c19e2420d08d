import type { AuditPage } from '../../domain/status/audit-page';
import { table } from './table';

export function auditScreen({ entries, next }: AuditPage): string {
  if (entries.length === 0) return 'Nothing more was written.';
  const rows = entries.map((entry) => [
    String(entry.id),
    entry.at,
    [entry.phase, entry.cohort].filter((part) => part !== null).join('/'),
    entry.action,
    entry.verified ? entry.actor : `${entry.actor} (unverified)`,
    entry.reason ?? '',
  ]);
  const drawn = table(['#ID', 'AT', 'WHERE', 'WHAT', 'WHO', 'WHY'], rows);
  return next === null ? drawn : `${drawn}\nThere is more: repeat the command with '--after ${next}'.`;
}
