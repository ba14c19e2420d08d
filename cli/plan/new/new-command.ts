import { dirname, join } from 'node:path';
import { stdin } from 'node:process';
import type { Command } from 'commander';
import { shippedTemplates } from '../../../platform/shipped-templates';
import { CliFailure } from '../../cli-failure';
import { EXIT } from '../../exit-codes';
import { print, type CliIo, type JsonOption } from '../../io';
import { jsonOption } from '../../options';
import { startedAs } from '../../started-as';
import { lintPlan } from '../lint-plan';
import { readPlanFile } from '../read-plan-file';
import { writeOut, type OutOptions } from '../write-out';
import { movingKinds, type Answers } from './answers-schema';
import { askAnswers } from './ask-answers';
import { newPlan } from './new-plan';
import { readAnswers } from './read-answers';
import { readTemplate, safetyLeftOut } from './template-parts';
import { terminalAsker } from './terminal-asker';

interface NewOptions extends JsonOption, OutOptions {
  answers?: string;
}

interface Written {
  migration: string;
  file: string;
  /** What lint finds: what is still to be decided, for most of it. */
  problems: number;
  /** Handoffs of safety that the plan lacks, since their part of the journey does not move. */
  safetyLeftOut: string[];
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
      const left = safetyLeftOut(readTemplate(template), movingKinds(answers));
      const written = { migration: answers.migration, file, problems: result.problems.length, safetyLeftOut: left };
      print(io, options, written, (of) => newScreen(of, startedAs(io.env)));
    });
}

async function answersOf(io: CliIo, options: NewOptions): Promise<Answers> {
  if (options.answers !== undefined) return readAnswers(await readPlanFile(options.answers, 'answers'));
  if (io.stdout.isTTY === true && stdin.isTTY && options.json !== true) return askAnswers(await terminalAsker());
  throw new CliFailure(
    'no-answers',
    EXIT.usage,
    "Nobody can be asked here: this is no terminal. Give a file of answers with '--answers'; 'migration: <name>' alone is enough to begin with (docs/plan.md).",
  );
}

function newScreen({ file, problems, safetyLeftOut: left }: Written, handoff: string): string {
  const schema = join(dirname(file), 'plan.schema.json');
  return [
    `Written: ${file}. ${problems === 0 ? 'Lint has nothing against it.' : `Lint names ${problems} places where something is still to be decided.`}`,
    ...(left.length === 0
      ? []
      : [
          `Left out with the parts that do not move, though of safety: ${left.join(', ')}.`,
          "Where what one of them watches moves with another part, take it out of 'without', with its queue and its events, and give it that phase.",
        ]),
    'What to do next:',
    `  1. Decide what is marked TBD: owners, who agreed to which rule, systems. Each is somebody's answer; none was made up.`,
    `  2. ${handoff} plan lint ${file}       what is still open, line by line`,
    `  3. ${handoff} plan dry-run ${file}    what the plan will do, day by day`,
    `  4. ${handoff} plan pages ${file} --out <folder>    the same for people who read no YAML`,
    `In an editor with the YAML language server, '${handoff} plan schema > ${schema}' gives completion.`,
  ].join('\n');
}
