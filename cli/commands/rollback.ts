import { Option, type Command } from 'commander';
import type { CommandReply } from '../../api/migrations/answer-command';
import type { RollbackScope } from '../../domain/plan/plan-schema';
import type { MigrationRollbackPreview, RollbackPreview, RollbackReport } from '../../api/migrations/rollback-preview';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { commandScreen } from '../screens/command-screen';
import { migrationPreviewScreen, previewScreen } from '../screens/preview-screen';
import { reportScreen } from '../screens/report-screen';
import { whichMigration } from '../which-migration';
import { commandPath, migrationCommandPath, phaseCommand, wholeMigrationOnly, type CommandOptions } from './steering';

async function rollBackMigration(
  api: ApiClient,
  io: CliIo,
  migration: string,
  options: RollbackOptions,
): Promise<void> {
  wholeMigrationOnly(options);
  if (options.report === true) {
    throw new CliFailure('usage', EXIT.usage, 'Name the phase whose rollback is reported.');
  }
  if (options.bringBack === true) {
    throw new CliFailure(
      'usage',
      EXIT.usage,
      'By hand people are brought back cohort by cohort: name a phase and a cohort.',
    );
  }
  const path = migrationCommandPath(migration, 'rollback');
  if (options.dryRun === true) {
    print(io, options, await api.get<MigrationRollbackPreview>(`${path}-preview`), migrationPreviewScreen);
    return;
  }
  print(io, options, await api.post<CommandReply>(path, { reason: options.reason }), commandScreen);
}

interface RollbackOptions extends CommandOptions {
  scope?: RollbackScope;
  dryRun?: boolean;
  bringBack?: boolean;
  report?: boolean;
}

/** `handoff rollback`: traffic first, at once; with `--dry-run` what it would do, and what nobody can undo. */
export function addRollbackCommand(program: Command, io: CliIo): void {
  phaseCommand(program, 'rollback', 'bring arrivals back to legacy, then people as the plan says', true)
    .addOption(
      new Option(
        '--scope <scope>',
        "how far back; 'cohort' with --cohort, else 'phase', unless given. 'migration' takes no phase, and then starts no other",
      ).choices(['step', 'cohort', 'phase', 'migration']),
    )
    .option('--dry-run', 'show what it would do, what is left to finish and what cannot be undone; change nothing')
    .option(
      '--bring-back',
      'bring everyone of the cohort back who may come back, whatever the plan says of them, as far as the queue has room; also after a rollback',
    )
    .option('--report', 'show what the last one did, action by action and by how far people had got; change nothing')
    .action(async (phase: string | undefined, options: RollbackOptions) => {
      if ((options.scope === 'migration') !== (phase === undefined)) {
        const message = "Name the phase that goes back, or say '--scope migration' without one.";
        throw new CliFailure('usage', EXIT.usage, message);
      }
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(
        api,
        options.migration,
        options.dryRun === true || options.report === true,
      );
      if (phase === undefined) {
        await rollBackMigration(api, io, migration, options);
        return;
      }
      const { cohort, epoch, reason, bringBack } = options;
      if (options.report === true) {
        const path = commandPath(migration, phase, 'rollback-report');
        print(io, options, await api.get<RollbackReport>(path, { cohort }), reportScreen);
        return;
      }
      const scope = options.scope ?? (cohort === undefined && bringBack !== true ? 'phase' : 'cohort');
      if (options.dryRun === true) {
        const path = commandPath(migration, phase, 'rollback');
        print(
          io,
          options,
          await api.get<RollbackPreview>(`${path}-preview`, { scope, cohort, bringBack: bringBack?.toString() }),
          previewScreen,
        );
        return;
      }
      const reply = await api.post<CommandReply>(commandPath(migration, phase, 'rollback'), {
        cohort,
        epoch,
        reason,
        scope,
        bringBack,
      });
      print(io, options, reply, commandScreen);
    });
}
