import type { Command } from 'commander';
import type { CliIo } from '../io';
import { addArchiveListCommand } from './list-command';
import { addArchiveVerifyCommand } from './verify-command';

/** `handoff archive`: months of events that were archived, and whether their files are what was written. */
export function addArchiveCommands(program: Command, io: CliIo): void {
  const archive = program
    .command('archive')
    .description('months of events that were archived, and whether their files are what was written');
  addArchiveListCommand(archive, io);
  addArchiveVerifyCommand(archive, io);
}
