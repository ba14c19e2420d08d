import type { Command } from 'commander';
import type { CliIo } from '../io';
import { addGateOverrideCommands } from './override-commands';
import { addGatePowerCommand } from './power-command';
import { addGateReplayCommand } from './replay-command';
import { addGateShowCommand } from './show-command';

/** `handoff gate`: what a plan's gates see, from files alone; and what people decide about those of a migration. */
export function addGateCommands(program: Command, io: CliIo): void {
  const gate = program
    .command('gate')
    .description(
      "what a plan's gates see in recorded outcomes, and how late; why one of a migration says what it says, and overriding it by two people",
    );
  addGateReplayCommand(gate, io);
  addGatePowerCommand(gate, io);
  addGateShowCommand(gate, io);
  addGateOverrideCommands(gate, io);
}
