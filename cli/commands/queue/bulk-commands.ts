import type { Command } from 'commander';
import type { StepEvidence } from '../../../domain/queues/evidence';
import type { BulkAnswer } from '../../../domain/status/exception-page';
import { CliFailure } from '../../cli-failure';
import { EXIT } from '../../exit-codes';
import { print, type CliIo } from '../../io';
import { type SystemOptions, wholeNumber } from '../../options';
import { bulkScreen } from '../../screens/bulk-screen';
import { collectEvidence, connect, withSystem } from './act-on-case';
import { withRedriveReason, withSnooze } from './case-commands';

interface WhichOptions extends SystemOptions {
  queue?: string;
  handoff?: string;
  phase?: string;
  cohort?: string;
  side?: string;
  assignedTo?: string;
  unassigned?: true;
  overdue?: true;
  recovered?: true;
  after?: string;
}

/** `handoff queue bulk …`: the same done to many cases, each answered for itself. */
export function addBulkCommands(queue: Command, io: CliIo): void {
  const bulk = queue.command('bulk').description('the same done to many cases, named or found by a filter');
  withWhich(bulk.command('assign'))
    .description('gives them to somebody')
    .requiredOption('--to <actor>', 'who takes them, by the id in the actors file')
    .action((numbers: number[], options: WhichOptions & { to: string }) =>
      doToMany(io, options, numbers, { action: 'assign', to: options.to }),
    );
  withSnooze(withWhich(bulk.command('snooze')))
    .description('puts them off; their SLAs go on')
    .action((numbers: number[], options: WhichOptions & { until: string; reason: string }) =>
      doToMany(io, options, numbers, { action: 'snooze', until: options.until, reason: options.reason }),
    );
  withRedriveReason(withWhich(bulk.command('redrive')))
    .description('has the missing command of each sent again, as after an outage')
    .action((numbers: number[], options: WhichOptions & { reason: string }) =>
      doToMany(io, options, numbers, { action: 'redrive', reason: options.reason }),
    );
  withWhich(bulk.command('resolve'))
    .description('closes them, with the same references: what was done once for all of them')
    .option(
      '--evidence <step=reference>',
      'once for each step that is not noted on the cases themselves',
      collectEvidence,
      [],
    )
    .action((numbers: number[], options: WhichOptions & { evidence: StepEvidence[] }) =>
      doToMany(io, options, numbers, { action: 'resolve', evidence: options.evidence }),
    );
}

function withWhich(command: Command): Command {
  return withSystem(command)
    .argument('[cases...]', 'their numbers; leave them out to find them by a filter', collectNumber)
    .option('--queue <id>', 'the open cases of this queue')
    .option('--handoff <id>', 'of them those of this handoff')
    .option('--phase <phase>', 'of them those of this phase')
    .option('--cohort <cohort>', 'of them those of this cohort')
    .option('--side <side>', 'of them those that started on this side')
    .option('--assigned-to <actor>', 'of them those that this actor took')
    .option('--unassigned', 'of them those that nobody took')
    .option('--overdue', 'of them those past their SLA')
    .option('--recovered', 'of them those whose end came after all')
    .option('--after <next>', 'of them those after where the last answer ended, which says what to write here');
}

function collectNumber(text: string, before: number[] | undefined): number[] {
  return [...(before ?? []), wholeNumber(text)];
}

async function doToMany(io: CliIo, options: WhichOptions, numbers: number[], doing: object): Promise<void> {
  const which = whichCases(options, numbers);
  const { api, path } = await connect(io, options);
  const answer = await api.post<BulkAnswer>(`${path}/exceptions-bulk`, { ...doing, ...which });
  print(io, options, answer, bulkScreen);
  if (answer.refused > 0) {
    const all = answer.done + answer.refused;
    throw new CliFailure(
      'cases-refused',
      EXIT.conflict,
      `${answer.refused} of ${all} cases were refused, each for the reason beside it.`,
    );
  }
}

/** @throws CliFailure where it is not said which, or said twice */
function whichCases(options: WhichOptions, numbers: number[] | undefined): object {
  const { queue, handoff, phase, cohort, side, assignedTo, unassigned, overdue, recovered, after } = options;
  const named = numbers !== undefined && numbers.length > 0;
  if (named === (queue !== undefined)) {
    throw new CliFailure(
      'which-cases',
      EXIT.usage,
      "Give either the cases' numbers, or '--queue' and what else they have in common.",
    );
  }
  if (named) return { exceptions: numbers.map(String) };
  const taken = unassigned === true ? null : assignedTo;
  return { filter: { queue, handoff, phase, cohort, side, assignedTo: taken, overdue, recovered, after } };
}
