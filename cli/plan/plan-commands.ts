import type { Command } from 'commander';
import { planJsonSchema } from '../../domain/plan/plan-json-schema';
import type { Plan } from '../../domain/plan/plan-schema';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { diffPlans } from './diff-plans';
import { diffScreen } from './diff-screen';
import { lintPlan, type LintResult } from './lint-plan';
import { lintScreen } from './lint-screen';
import { readPlanFile } from './read-plan-file';
import { wholePlan, wholePlanScreen } from './whole-plan-screen';

/** `handoff plan lint`, `plan diff` and `plan schema`: work on files alone, with no system running. */
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
      if (!result.ok) throw badPlan(result);
    });

  plan
    .command('diff')
    .description('what a plan changes that was another: for patients, gates and people; and whether approvals stand')
    .argument('<before>', 'the one, as YAML or JSON')
    .argument('<after>', 'the other')
    .addOption(jsonOption())
    .action(async (before: string, after: string, options: JsonOption) => {
      const [one, other] = [await goodPlan(io, options, before), await goodPlan(io, options, after)];
      print(io, options, diffPlans(one, other), diffScreen);
    });

  plan
    .command('schema')
    .description("print the plan's JSON Schema, for editors: # yaml-language-server: $schema=<file>")
    .addOption(jsonOption())
    .action((options: JsonOption) => {
      print(io, options, planJsonSchema(), (schema) => JSON.stringify(schema, undefined, 2));
    });
}

/** @throws CliFailure `bad-plan`, with everything that is wrong: on the screen, or as the failure's problems */
async function goodPlan(io: CliIo, options: JsonOption, file: string): Promise<{ plan: Plan; hash: string }> {
  const { result, plan } = lintPlan(await readPlanFile(file));
  if (result.ok && plan !== undefined) return { plan, hash: result.hash };
  if (options.json === true) throw badPlan(result, result.problems);
  io.stdout.write(`${lintScreen(file, result)}\n`);
  throw badPlan(result);
}

function badPlan({ problems }: LintResult, listed: readonly unknown[] = []): CliFailure {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new CliFailure(
    'bad-plan',
    EXIT.refused,
    `The plan has ${count}. Mend what is listed, then lint again.`,
    listed,
  );
}
