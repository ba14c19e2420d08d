import type { Command } from 'commander';
import type { StepEvidence } from '../../domain/queues/evidence';
import { EXCEPTION_STATES, type ExceptionHistory, type ExceptionPage } from '../../domain/status/exception-page';
import type { QueueTally } from '../../domain/status/migration-status';
import { print, type CliIo } from '../io';
import { type SystemOptions, wholeNumber } from '../options';
import { exceptionScreen } from '../screens/exception-screen';
import { exceptionsScreen } from '../screens/exceptions-screen';
import { act, collectEvidence, connect, withCase, withSystem } from './queue/act-on-case';
import { addBulkCommands } from './queue/bulk-commands';
import { addCaseCommands } from './queue/case-commands';
import { refuseUnknownQueue } from './queues';

interface ListOptions extends SystemOptions {
  state?: string;
  limit?: number;
  after?: string;
}

/** `handoff queue …`: the cases of a queue, and what people do with one. */
export function addQueueCommands(program: Command, io: CliIo): void {
  const queue = program
    .command('queue')
    .description('stuck cases: list, look at and take them, put them off, note what was done, end and reopen them');
  withSystem(queue.command('list'))
    .description('the cases of one queue or of all, the most urgent first')
    .argument('[queue]', "a queue of the plan; 'handoff queues' lists them")
    .option('--state <state>', `which cases: ${EXCEPTION_STATES.join(', ')}`, 'open')
    .option('--limit <n>', 'cases at most', wholeNumber, 50)
    .option('--after <next>', "the page after an earlier one, by its 'next'")
    .action(async (named: string | undefined, options: ListOptions) => {
      const { api, path } = await connect(io, options);
      if (named !== undefined) {
        const { queues } = await api.get<{ queues: QueueTally[] }>(`${path}/queues`);
        refuseUnknownQueue(queues, named);
      }
      const { state, limit, after } = options;
      const page = await api.get<ExceptionPage>(`${path}/exceptions`, { queue: named, state, limit, after });
      print(io, options, page, exceptionsScreen);
    });
  withCase(queue.command('show'))
    .description('one case: its patient, what is to be done, and what was done')
    .action(async (number: number, options: SystemOptions) => {
      const { api, path } = await connect(io, options);
      print(io, options, await api.get<ExceptionHistory>(`${path}/exceptions/${number}`), exceptionScreen);
    });
  withCase(queue.command('assign'))
    .description('gives a case to somebody')
    .requiredOption('--to <actor>', 'who takes it, by the id in the actors file')
    .action((number: number, options: SystemOptions & { to: string }) =>
      act(io, options, number, 'assign', { to: options.to }),
    );
  withCase(queue.command('resolve'))
    .description('closes a case, with a reference for each step of its path')
    .option(
      '--evidence <step=reference>',
      "an id in another system that shows the step was done, such as '1=ticket-4711'; once for each step",
      collectEvidence,
      [],
    )
    .option('--occurrences <n>', 'how many you saw; refused where it happened again since', wholeNumber)
    .option(
      '--merged <n>',
      'how many cases you saw in it, none unless given with --occurrences; refused where one more was merged into it since',
      wholeNumber,
    )
    .action(
      (
        number: number,
        options: SystemOptions & { evidence: StepEvidence[]; occurrences?: number; merged?: number },
      ) => {
        const { evidence, occurrences, merged } = options;
        return act(io, options, number, 'resolve', { evidence, occurrences, merged });
      },
    );
  withCase(queue.command('reopen'))
    .description('opens a case again that has ended; its SLA starts anew, unless it was merged')
    .requiredOption('--reason <text>', 'why, for the audit log: about the case, never about the patient')
    .action((number: number, options: SystemOptions & { reason: string }) =>
      act(io, options, number, 'reopen', { reason: options.reason }),
    );
  addCaseCommands(queue, io);
  addBulkCommands(queue, io);
}
