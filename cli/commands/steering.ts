import type { Command } from 'commander';
import type { CommandReply } from '../../api/migrations/answer-command';
import type { CommandName } from '../../domain/phase/commands';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions, wholeNumber } from '../options';
import { commandScreen } from '../screens/command-screen';
import { whichMigration } from '../which-migration';

export interface CommandOptions extends SystemOptions {
  cohort?: string;
  epoch?: number;
  reason?: string;
}

/** A phase's command with what all of them take. */
export function phaseCommand(program: Command, name: CommandName, description: string): Command {
  return program
    .command(`${name} <phase>`)
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
    phaseCommand(program, name, description).action(async (phase: string, options: CommandOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, false);
      const { cohort, epoch, reason } = options;
      const reply = await api.post<CommandReply>(commandPath(migration, phase, name), { cohort, epoch, reason });
      print(io, options, reply, commandScreen);
    });
  };
  steer('reject', 'say no to what waits for a decision');
  steer('pause', 'stop a phase at once; going on takes a decision');
  steer('abort', 'end a phase, or take a cohort out, without a commit');
}

/** Where a phase takes a command. */
export function commandPath(migration: string, phase: string, name: string): string {
  return `/v1/migrations/${encodeURIComponent(migration)}/phases/${encodeURIComponent(phase)}/${name}`;
}
