import { unreachable } from '../unreachable';
import type { MigrationRun } from './migration-run';

/** Where a migration stands, in Markdown, for Temporal's own UI, where it is not encrypted: ids and the engine's own words (I15). */
export function describeMigration({ status, phase, dwellUntil, request }: MigrationRun): string {
  const where = phase === null ? 'before its first phase' : `phase **${phase}**`;
  const waits =
    request === undefined ? '' : ` Waits for ${request.needs.count} of ${request.needs.roles.join(', ')} to go on.`;
  switch (status) {
    case 'running':
      return `Running: ${where}.`;
    case 'dwelling':
      return `**${phase ?? ''}** is committed; the next phase starts when it was stable until ${dwellUntil ?? ''}.`;
    case 'paused':
      return `Paused, ${where}: no phase starts.${waits} The audit log has who and why.`;
    case 'rolledBack':
      return `Rolled back, ${where}: no phase starts.${waits} The audit log has who and why.`;
    default:
      return unreachable(status);
  }
}
