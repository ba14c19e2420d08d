import { Option, type Command } from 'commander';
import { unreachable } from '../../domain/unreachable';
import { print, type CliIo, type JsonOption } from '../io';
import { jsonOption } from '../options';
import { badPlan } from './bad-plan-failure';
import { explainCode, explainScreen } from './explain-code';
import { githubCommands } from './github-commands';
import { lintPlan } from './lint-plan';
import { lintScreen } from './lint-screen';
import { readPlanFile } from './read-plan-file';
import { sarifLog } from './sarif-log';
import { wholePlan, wholePlanScreen } from './whole-plan-screen';

const FORMATS = ['text', 'json', 'sarif', 'github'] as const;

interface LintOptions extends JsonOption {
  showDefaults?: boolean;
  format: (typeof FORMATS)[number];
}

/** `handoff plan lint`, and `handoff plan explain` for what it finds. */
export function addLintCommands(plan: Command, io: CliIo): void {
  plan
    .command('lint')
    .description('list everything that is wrong with a plan; exit code 3 if anything is')
    .argument('<file>', 'the cutover plan, as YAML or JSON')
    .option('--show-defaults', 'print a good plan with everything that it leaves out written out')
    .addOption(
      new Option('--format <format>', "how findings are printed; 'json' is --json").choices(FORMATS).default('text'),
    )
    .addOption(jsonOption())
    .action(async (file: string, options: LintOptions) => {
      const text = await readPlanFile(file);
      const { result, plan: read } = lintPlan(text, Date.now());
      const format = options.json === true ? 'json' : options.format;
      const asJson = { json: format === 'json' };
      if (options.showDefaults === true && result.ok && read !== undefined) {
        print(io, asJson, { ...result, plan: wholePlan(read) }, ({ hash }) => wholePlanScreen(read, hash));
        return;
      }
      switch (format) {
        case 'text':
        case 'json':
          print(io, asJson, result, (found) => lintScreen(file, found, text));
          break;
        case 'sarif':
          print(io, {}, sarifLog(file, result), (log) => JSON.stringify(log, undefined, 2));
          break;
        case 'github':
          print(io, {}, result, (found) => githubCommands(file, found));
          break;
        default:
          unreachable(format);
      }
      if (!result.ok) throw badPlan(result);
    });

  plan
    .command('explain')
    .description('say why a finding of lint matters, and what to write')
    .argument('<code>', "the finding's code, such as WH525")
    .addOption(jsonOption())
    .action((code: string, options: JsonOption) => {
      print(io, options, explainCode(code), explainScreen);
    });
}
