import type { Command } from 'commander';
import { planJsonSchema } from '../../domain/plan/plan-json-schema';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { lintPlan } from './lint-plan';
import { lintScreen } from './lint-screen';
import { readPlanFile } from './read-plan-file';
import { wholePlan, wholePlanScreen } from './whole-plan-screen';

/** `handoff plan lint` and `handoff plan schema`: work on files alone, with no system running. */
export function addPlanCommands(program: Command, io: CliIo): void {
  const plan = program.command('plan').description('check a cutover plan, or print its schema for editors');

  plan
    .command('lint')
    .description('list everything that is wrong with a plan; exit code 3 if anything is')
    .argument('<file>', 'the cutover plan, as YAML or JSON')
    .option('--show-defaults', 'print a good plan with everything that it leaves out written out')
    .addOption(jsonOption())
    .action(async (file: string, options: JsonOption & { showDefaults?: boolean }) => {
      const { result, plan: read } = lintPlan(await readPlanFile(file));
      if (options.showDefaults === true && result.ok && read !== undefined) {
        print(io, options, { ...result, plan: wholePlan(read) }, ({ hash }) => wholePlanScreen(read, hash));
        return;
      }
      print(io, options, result, (found) => lintScreen(file, found));
      if (result.ok) return;
      const count = result.problems.length;
      throw new CliFailure(
        'bad-plan',
        EXIT.refused,
        `The plan has ${count === 1 ? '1 problem' : `${count} problems`}. Mend what is listed, then lint again.`,
      );
    });

  plan
    .command('schema')
    .description("print the plan's JSON Schema, for editors: # yaml-language-server: $schema=<file>")
    .addOption(jsonOption())
    .action((options: JsonOption) => {
      print(io, options, planJsonSchema(), (schema) => JSON.stringify(schema, undefined, 2));
    });
}
