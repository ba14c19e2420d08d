import type { Command } from 'commander';
import type { CliIo } from '../io';
import { addHookListCommand } from './list-command';
import { addHookTestCommand } from './test-command';

/** `handoff hooks`: what vendors' webhooks bring, and what a payload becomes. */
export function addHookCommands(program: Command, io: CliIo): void {
  const hooks = program
    .command('hooks')
    .description('webhooks of vendors: what they brought, and what a payload becomes');
  addHookListCommand(hooks, io);
  addHookTestCommand(hooks, io);
}
