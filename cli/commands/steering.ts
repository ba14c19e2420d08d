import type { Command } from 'commander';
import type { CommandReply } from '../../api/migrations/answer-command';
import type { CommandName } from '../../domain/phase/commands';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions, wholeNumber } from '../options';
import { commandScreen } from '../screens/command-screen';
import { whichMigration } from '../which-migration';

export interface CommandOptions extends SystemOptions {
  cohort?: string;
  epoch?: number;
  reason?: string;
}

/** A phase's command with what all of them take; where `whole`, the migration's too, by leaving the phase out. */
export function phaseCommand(program: Command, name: CommandName, description: string, whole = false): Command {
  return program
    .command(whole ? `${name} [phase]` : `${name} <phase>`)
    .description(description)
    .addOption(migrationOption())
    .option('--cohort <id>', 'one cohort; every cohort that the command fits unless given')
    .option('--reason <text>', 'why, for the audit log; nothing of a patient')
    .option('--epoch <n>', "the split's epoch that you saw: refused where it has changed since", wholeNumber)
    .addOption(asOption())
    .addOption(jsonOption());
}

/** `handoff pause`, `reject`, `abort`: what needs nothing to be looked at first. */
export function addSteeringCommands(program: Command, io: CliIo): void {
  const steer = (name: CommandName, description: string): void => {
    phaseCommand(program, name, description, name === 'pause').action(async (...given: unknown[]) => {
      const [phase, options] = given as [string | undefined, CommandOptions];
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, false);
      const { cohort, epoch, reason } = options;
      if (phase === undefined) {
        wholeMigrationOnly(options);
        print(
          io,
          options,
          await api.post<CommandReply>(migrationCommandPath(migration, name), { reason }),
          commandScreen,
        );
        return;
      }
      const reply = await api.post<CommandReply>(commandPath(migration, phase, name), { cohort, epoch, reason });
      print(io, options, reply, commandScreen);
    });
  };
  steer('reject', 'say no to what waits for a decision');
  steer('pause', 'stop a phase, or without one the migration, at once; going on takes a decision');
  steer(
    'abort',
    'take a cohort out for good, without a commit, or all of a phase; with the whole phase the migration ends',
  );
}

/** Where a migration as a whole takes a command. */
export function migrationCommandPath(migration: string, name: string): string {
  return `/v1/migrations/${encodeURIComponent(migration)}/${name}`;
}

/** A cohort and an epoch are a phase's. @throws CliFailure where one is given without it */
export function wholeMigrationOnly({ cohort, epoch }: CommandOptions): void {
  if (cohort === undefined && epoch === undefined) return;
  throw new CliFailure('usage', EXIT.usage, "Name the phase: '--cohort' and '--epoch' are about one.");
}

/** Where a phase takes a command. */
export function commandPath(migration: string, phase: string, name: string): string {
  return `/v1/migrations/${encodeURIComponent(migration)}/phases/${encodeURIComponent(phase)}/${name}`;
}
