import type { Command } from 'commander';
import { editorJsonSchema } from '../../domain/plan/plan-json-schema';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { diffPlans } from './diff-plans';
import { diffScreen } from './diff-screen';
import { addDryRunCommand } from './dry-run/dry-run-command';
import { goodPlan } from './good-plan';
import { addLintCommands } from './lint-command';
import { addGraphCommand } from './graph-command';
import { addNewCommand } from './new/new-command';
import { addPagesCommand } from './pages/pages-command';
import { addRaciCommand } from './raci-command';
import { addPlanVersionCommands } from './version-commands';

/**
 * `handoff plan new`, `plan lint`, `plan explain`, `plan diff`, `plan schema`, `plan graph`, `plan raci`, `plan pages` and `plan dry-run` work on files alone, with no system
 * running; the others on the plan of a migration under way.
 */
export function addPlanCommands(program: Command, io: CliIo): void {
  const plan = program
    .command('plan')
    .description('check, compare and show cutover plans; change the plan of a migration under way');

  addNewCommand(plan, io);
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

  addGraphCommand(plan, io);
  addRaciCommand(plan, io);
  addPagesCommand(plan, io);
  addDryRunCommand(plan, io);
  addPlanVersionCommands(plan, io);
}
