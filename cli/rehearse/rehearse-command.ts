import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { packageRoot } from '../../platform/package-root';
import { DEFAULT_LOG_COLUMNS } from '../../sandbox/recorded/event-log';
import type { CliIo } from '../io';
import { print } from '../io';
import { jsonOption, scale } from '../options';
import { readPlanFile } from '../plan/read-plan-file';
import { cannotRehearse, rehearsalFailed } from './rehearsal-failure';
import type { RehearsalRequest } from './rehearsal-setup';
import type * as Rehearse from './rehearse';
import { reportScreen } from './report-screen';
import { Timeline } from './timeline';

// A whole system is much to load, and no other command needs one: each would start half a second later.
const later = createRequire(__filename);

interface RehearseOptions {
  plan?: string;
  script?: string;
  events?: string;
  days: number;
  journey: string;
  type: string;
  time: string;
  timeScale?: number;
  fault: string;
  bySignal?: boolean;
  seed: string;
  temporary?: boolean;
  json?: boolean;
}

/** `handoff rehearse`: plays a plan with a break and a way back, in minutes. */
export function addRehearseCommand(program: Command, io: CliIo): void {
  program
    .command('rehearse')
    .description(
      'play a plan in minutes with the sandbox: people approve, target breaks, a gate rolls back, and all of it is checked',
    )
    .option(
      '--plan <file>',
      "the plan's file (default: examples/payment.yaml, or examples/loan-funnel.yaml with --events)",
    )
    .option(
      '--script <file>',
      "what happens on the way: breaks, absences, rollbacks, cuts (default: the plan's own, '<plan>-rehearsal.yaml', where there is one)",
    )
    .option(
      '--events <log>',
      'an event log, CSV or CSV in gzip, sorted by time: each case is a patient who does again what it did',
    )
    .option('--days <n>', 'how much of the log, from its first row on', days, 14)
    .option('--journey <column>', "the log's column of the case", DEFAULT_LOG_COLUMNS.journey)
    .option('--type <template>', 'how its columns make an event type', DEFAULT_LOG_COLUMNS.type)
    .option('--time <column>', "the log's column of the time", DEFAULT_LOG_COLUMNS.time)
    .option(
      '--time-scale <n>',
      'let n times the time pass (default: three minutes in all; with a log, six for its days)',
      scale,
    )
    .option(
      '--fault <fault>',
      "what breaks on target: 'drop:<handoff>', 'slow:<handoff>', of a kind alone the first gate's, or 'none'",
      'drop',
    )
    .option('--by-signal', 'decide with plain Temporal signals alone, on the same plan without four eyes')
    .option('--seed <text>', 'the same seed, the same patients', seed, '1')
    .option('--temporary', 'on a system of its own, even where one runs here')
    .addOption(jsonOption())
    .action(async (options: RehearseOptions) => {
      const planFile = options.plan ?? examplePlan(options);
      const planText = await readPlanFile(planFile);
      const script = await scriptOf(options, planFile);
      const { journey, type, time } = options;
      const timeline = new Timeline((line) => {
        if (options.json !== true) io.stdout.write(`${line}\n`);
      });
      const { rehearse } = later('./rehearse') as typeof Rehearse;
      const report = await rehearse(
        {
          planText,
          ...(script !== undefined && { script }),
          ...(options.events !== undefined && {
            log: { path: options.events, columns: { journey, type, time }, days: options.days },
          }),
          ...(options.timeScale !== undefined && { timeScale: options.timeScale }),
          fault: options.fault,
          bySignal: options.bySignal === true,
          seed: options.seed,
        },
        { io, timeline, temporary: options.temporary === true },
      );
      print(io, options, report, reportScreen);
      if (report.ok) return;
      const failed = report.checks.filter(({ ok }) => !ok).map(({ check, seen }) => `${check}: ${seen}`);
      throw rehearsalFailed('rehearsal-failed', 'The rehearsal found that not everything is as it must be:', failed);
    });
}

function examplePlan({ events }: RehearseOptions): string {
  return join(packageRoot(), 'examples', events === undefined ? 'payment.yaml' : 'loan-funnel.yaml');
}

/** The script that was named, or the one that lies beside the plan. */
async function scriptOf({ script, events }: RehearseOptions, planFile: string): Promise<RehearsalRequest['script']> {
  if (script !== undefined && events !== undefined) {
    throw cannotRehearse(
      'script-with-log',
      'A script is for the patients of the sandbox. Leave --script or --events out.',
    );
  }
  const beside = planFile.replace(/(\.ya?ml)?$/, '-rehearsal.yaml');
  const file = script ?? (events === undefined && existsSync(beside) ? beside : undefined);
  return file === undefined ? undefined : { text: await readPlanFile(file), file };
}

function days(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(number > 0 && number <= 3_660)) {
    throw new InvalidArgumentError('Give a number of days above 0.');
  }
  return number;
}

function seed(text: string): string {
  if (!/^[\x21-\x7e]{1,64}$/.test(text)) throw new InvalidArgumentError('Give 1 to 64 visible ASCII characters.');
  return text;
}
