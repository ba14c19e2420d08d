import type { Command } from 'commander';
import type { CliIo } from '../io';
import { addGatePowerCommand } from './power-command';
import { addGateReplayCommand } from './replay-command';

/** `handoff gate`: what a plan's gates see, from files alone, with no system running. */
export function addGateCommands(program: Command, io: CliIo): void {
  const gate = program.command('gate').description("what a plan's gates see: in recorded outcomes, and how late");
  addGateReplayCommand(gate, io);
  addGatePowerCommand(gate, io);
}
