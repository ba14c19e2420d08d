import { Option, type Command } from 'commander';
import type { CommandReply } from '../../api/migrations/answer-command';
import type { RollbackScope } from '../../domain/plan/plan-schema';
import type { RollbackPreview } from '../../api/migrations/rollback-preview';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { commandScreen } from '../screens/command-screen';
import { previewScreen } from '../screens/preview-screen';
import { whichMigration } from '../which-migration';
import { commandPath, phaseCommand, type CommandOptions } from './steering';

interface RollbackOptions extends CommandOptions {
  scope?: RollbackScope;
  dryRun?: boolean;
}

/** `handoff rollback`: traffic first, at once; with `--dry-run` what it would do, and what nobody can undo. */
export function addRollbackCommand(program: Command, io: CliIo): void {
  phaseCommand(program, 'rollback', 'bring arrivals back to legacy, then people as the plan says')
    .addOption(
      new Option('--scope <scope>', "how far back; 'cohort' with --cohort, else 'phase', unless given").choices([
        'step',
        'cohort',
        'phase',
      ]),
    )
    .option('--dry-run', 'show what it would do, what is left to finish and what cannot be undone; change nothing')
    .action(async (phase: string, options: RollbackOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, options.dryRun === true);
      const { cohort, epoch, reason } = options;
      const scope = options.scope ?? (cohort === undefined ? 'phase' : 'cohort');
      if (options.dryRun === true) {
        const path = commandPath(migration, phase, 'rollback');
        print(io, options, await api.get<RollbackPreview>(`${path}-preview`, { scope, cohort }), previewScreen);
        return;
      }
      const reply = await api.post<CommandReply>(commandPath(migration, phase, 'rollback'), {
        cohort,
        epoch,
        reason,
        scope,
      });
      print(io, options, reply, commandScreen);
    });
}
