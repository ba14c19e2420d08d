import type { Command } from 'commander';
import { editorJsonSchema } from '../../domain/plan/plan-json-schema';
import type { Plan } from '../../domain/plan/plan-schema';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { badPlan } from './bad-plan-failure';
import { diffPlans } from './diff-plans';
import { diffScreen } from './diff-screen';
import { addLintCommands } from './lint-command';
import { lintPlan } from './lint-plan';
import { lintScreen } from './lint-screen';
import { readPlanFile } from './read-plan-file';
import { addPlanVersionCommands } from './version-commands';

/**
 * `handoff plan lint`, `plan explain`, `plan diff` and `plan schema` work on files alone, with no system running; the others on the plan of
 * a migration under way.
 */
export function addPlanCommands(program: Command, io: CliIo): void {
  const plan = program
    .command('plan')
    .description('check and compare cutover plans; change the plan of a migration under way');

  addLintCommands(plan, io);

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
      print(io, options, editorJsonSchema(), (schema) => JSON.stringify(schema, undefined, 2));
    });

  addPlanVersionCommands(plan, io);
}

/** @throws CliFailure `bad-plan`, with everything that is wrong: on the screen, or as the failure's problems */
async function goodPlan(io: CliIo, options: JsonOption, file: string): Promise<{ plan: Plan; hash: string }> {
  const text = await readPlanFile(file);
  const { result, plan } = lintPlan(text, Date.now());
  if (result.ok && plan !== undefined) return { plan, hash: result.hash };
  if (options.json === true) throw badPlan(result, result.problems);
  io.stdout.write(`${lintScreen(file, result, text)}\n`);
  throw badPlan(result);
}
