import { stdin } from 'node:process';
import type { Command } from 'commander';
import { shippedTemplates } from '../../../platform/shipped-templates';
import { CliFailure } from '../../cli-failure';
import { EXIT } from '../../exit-codes';
import { print, type CliIo, type JsonOption } from '../../io';
import { jsonOption } from '../../options';
import { lintPlan } from '../lint-plan';
import { readPlanFile } from '../read-plan-file';
import { writeOut, type OutOptions } from '../write-out';
import type { Answers } from './answers-schema';
import { askAnswers } from './ask-answers';
import { newPlan } from './new-plan';
import { readAnswers } from './read-answers';
import { terminalAsker } from './terminal-asker';

interface NewOptions extends JsonOption, OutOptions {
  answers?: string;
}

interface Written {
  migration: string;
  file: string;
  /** What lint finds: what is still to be decided, for most of it. */
  problems: number;
}

const USUAL_FILE = 'cutover.yaml';

/** `handoff plan new`: from answers to a first plan, with no system running. */
export function addNewCommand(plan: Command, io: CliIo): void {
  plan
    .command('new')
    .description('ask about a migration and write a first plan, with a mark wherever only people can decide')
    .option('--out <file>', `where the plan is written; ${USUAL_FILE} unless given`)
    .option('--answers <file>', 'answers as YAML or JSON, instead of asking')
    .option('--force', 'write over a file that is there')
    .addOption(jsonOption())
    .action(async (options: NewOptions) => {
      const template = shippedTemplates().get('telehealth') ?? '';
      const answers = await answersOf(io, options);
      const text = newPlan(answers, template);
      const file = options.out ?? USUAL_FILE;
      const inputs = options.answers === undefined ? [] : [options.answers];
      await writeOut(io, { out: file, force: options.force === true }, text, inputs);
      const { result } = lintPlan(text, Date.now());
      const written = { migration: answers.migration, file, problems: result.problems.length };
      print(io, options, written, newScreen);
    });
}

async function answersOf(io: CliIo, options: NewOptions): Promise<Answers> {
  if (options.answers !== undefined) return readAnswers(await readPlanFile(options.answers));
  if (io.stdout.isTTY === true && stdin.isTTY && options.json !== true) return askAnswers(await terminalAsker());
  throw new CliFailure(
    'no-answers',
    EXIT.usage,
    "Nobody can be asked here: this is no terminal. Give a file of answers with '--answers'; 'migration: <name>' alone is enough to begin with (docs/plan.md).",
  );
}

function newScreen({ file, problems }: Written): string {
  return [
    `Written: ${file}. ${problems === 0 ? 'Lint has nothing against it.' : `Lint names ${problems} places where something is still to be decided.`}`,
    'What to do next:',
    `  1. Decide what is marked TBD: owners, who agreed to which rule, systems. Each is somebody's answer; none was made up.`,
    `  2. handoff plan lint ${file}       what is still open, line by line`,
    `  3. handoff plan dry-run ${file}    what the plan will do, day by day`,
    `  4. handoff plan pages ${file} --out <folder>    the same for people who read no YAML`,
  ].join('\n');
}
