import type { Command } from 'commander';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, scale, type SystemOptions } from '../options';
import { readPlanFile } from '../plan/read-plan-file';

interface StartOptions extends Pick<SystemOptions, 'as' | 'json'> {
  plan?: string;
  id?: string;
  timeScale: number;
}

interface Started {
  migration: string;
  planHash: string;
  phases: { phase: string; cohorts: string[] }[];
  /** Absent from an API of a release before there was any. */
  notCarriedOut?: { line: number; path: string; message: string }[];
}

/** `handoff start`: starts a migration from a plan's file. */
export function addStartCommand(program: Command, io: CliIo): void {
  program
    .command('start [plan]')
    .description("start a migration from a plan's file")
    .option('--plan <file>', "the plan's file, where it is not the argument")
    .option('--id <id>', "the migration's id; the plan's own name unless given")
    .option(
      '--time-scale <n>',
      'rehearse: let n times the time pass for every duration of the plan; refused in production',
      scale,
      1,
    )
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (file: string | undefined, options: StartOptions) => {
      const plan = await readPlanFile(onePlan(file, options.plan));
      const api = await ApiClient.connect(io, options.as);
      const started = await api.post<Started>('/v1/migrations', { plan, id: options.id, timeScale: options.timeScale });
      print(io, options, started, screen);
    });
}

function onePlan(argument: string | undefined, option: string | undefined): string {
  const file = argument ?? option;
  if (file === undefined || (argument !== undefined && option !== undefined)) {
    throw new CliFailure('which-plan', EXIT.usage, "Name one plan's file: 'handoff start <plan>'.");
  }
  return file;
}

function screen({ migration, planHash, phases, notCarriedOut = [] }: Started): string {
  const listed = phases.map(({ phase, cohorts }) => `  ${phase} (${cohorts.join(', ')})`).join('\n');
  const declared = notCarriedOut.map(({ line, path, message }) => `  line ${line}, ${path}: ${message}\n`).join('');
  return `Migration ${migration} is under way, by plan ${planHash.slice(0, 12)}. Its phases:\n${listed}\n${declared}Follow it with 'handoff status --watch'.`;
}
