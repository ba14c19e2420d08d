import type { Command } from 'commander';
import { EXCEPTION_STATES, type ExceptionPage } from '../../domain/status/exception-page';
import { BOARD_DIMENSIONS, type BoardDimension, type CaseBoard } from '../../domain/status/case-board';
import type { QueueTally } from '../../domain/status/migration-status';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions, wholeNumber } from '../options';
import { boardScreen } from '../screens/board-screen';
import { exceptionsScreen } from '../screens/exceptions-screen';
import { queueTable } from '../screens/queue-screen';
import { whichMigration } from '../which-migration';

interface QueuesOptions extends SystemOptions {
  by?: string;
  days?: number;
  queue?: string;
  state?: string;
  limit?: number;
  after?: string;
}

/** `handoff queues`: the board of all queues, or the cases of one. */
export function addQueuesCommand(program: Command, io: CliIo): void {
  program
    .command('queues')
    .description('the queues of stuck cases: their owners, volume and what is overdue; with --queue its cases')
    .addOption(migrationOption())
    .option('--by <side|phase|cohort>', 'the cases of all queues by what they have in common')
    .option('--days <n>', 'what came in and ended, day by day, and when each queue is worked off', wholeNumber)
    .option('--queue <id>', 'list the cases of one queue, the most urgent first')
    .option('--state <state>', `which cases: ${EXCEPTION_STATES.join(', ')}`, 'open')
    .option('--limit <n>', 'cases at most', wholeNumber, 50)
    .option('--after <next>', "the page after an earlier one, by its 'next'")
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: QueuesOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, true);
      const path = `/v1/migrations/${encodeURIComponent(migration)}`;
      if (options.by !== undefined || options.days !== undefined) {
        const board = await api.get<CaseBoard>(`${path}/board`, { days: options.days });
        if (options.queue !== undefined) refuseUnknownQueue(board.queues, options.queue);
        print(io, options, board, (read) => boardScreen(read, dimensionOf(options.by), options));
        return;
      }
      const { queues } = await api.get<{ queues: QueueTally[] }>(`${path}/queues`);
      if (options.queue === undefined) {
        print(io, options, { migration, queues }, (board) => queueTable(board.queues));
        return;
      }
      refuseUnknownQueue(queues, options.queue);
      const { queue, state, limit, after } = options;
      const page = await api.get<ExceptionPage>(`${path}/exceptions`, { queue, state, limit, after });
      print(io, options, page, exceptionsScreen);
    });
}

function dimensionOf(text: string | undefined): BoardDimension | undefined {
  const found = BOARD_DIMENSIONS.find((one) => one === text);
  if (text !== undefined && found === undefined) {
    throw new CliFailure('unknown-dimension', EXIT.usage, `Say by what: one of ${BOARD_DIMENSIONS.join(', ')}.`);
  }
  return found;
}

/** @throws CliFailure naming the queues that there are */
export function refuseUnknownQueue(queues: readonly QueueTally[], named: string): void {
  if (queues.some(({ queue }) => queue === named)) return;
  throw new CliFailure(
    'unknown-queue',
    EXIT.refused,
    `The plan has no such queue. It has: ${queues.map(({ queue }) => queue).join(', ')}.`,
  );
}
