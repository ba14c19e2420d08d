import { checkApproval, checkRole, ROLES_FOR, type Refusal } from '../phase/check-command';
import type { Command } from '../phase/commands';
import { isHeld, type MigrationRun } from './migration-run';
import type { MigrationRules } from './migration-transition';

/** What people can tell a migration as a whole. All are Temporal Updates; `pause` and `rollback` can also be plain signals. */
export const MIGRATION_COMMANDS = ['pause', 'resume', 'rollback'] as const;
export type MigrationCommandName = (typeof MIGRATION_COMMANDS)[number];

/**
 * Whether a migration can take a command as it stands. Synchronous and pure, as a Temporal validator must be. Pausing and rolling back
 * fit at every moment: given twice, they reach the phase twice, which may have gone on in between.
 */
export function checkMigrationCommand(
  run: MigrationRun,
  name: MigrationCommandName,
  command: Command,
  rules: MigrationRules,
  bySignal = false,
): Refusal | undefined {
  const { actor } = command;
  if (!actor.verified && !bySignal) {
    return {
      code: 'unverified-actor',
      message: 'Send this command through the API or the CLI, which verify who gives it.',
    };
  }
  if (command.cohort !== undefined) {
    const message = 'This goes to the whole migration. Name the phase, or leave the cohort out.';
    return { code: 'scope-mismatch', message };
  }
  if (name !== 'resume') return actor.verified ? checkRole(actor, ROLES_FOR[name] ?? []) : undefined;
  if (!isHeld(run)) {
    const message = 'The migration is not held. See `handoff status`: a cohort that waits is resumed by its phase.';
    return { code: 'nothing-to-resume', message };
  }
  return checkApproval(run.request, command, rules, bySignal);
}
