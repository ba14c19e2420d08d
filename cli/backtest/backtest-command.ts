import type { Command } from 'commander';
import { Backtest, type LoggedEvent } from '../../domain/backtest/backtest';
import { loadPlan } from '../../domain/plan/load-plan';
import { print, type CliIo } from '../io';
import { jsonOption } from '../options';
import { readPlanFile } from '../plan/read-plan-file';
import { BadLog } from './bad-log';
import { backtestScreen, type BacktestResult } from './backtest-screen';
import { DEFAULT_COLUMNS } from './csv-log';
import { readLog } from './read-log';
import { shippedTemplates } from '../../platform/shipped-templates';

interface BacktestOptions {
  plan: string;
  events: string;
  journey: string;
  type: string;
  time: string;
  json?: boolean;
}

/** `handoff backtest`: what a plan's handoffs and gates would have made of history. Works on files alone, with no system running. */
export function addBacktestCommand(program: Command, io: CliIo): void {
  program
    .command('backtest')
    .description(
      "run a plan's handoffs and gates over history: what was missed, and how often each gate would have fired",
    )
    .requiredOption('--plan <file>', 'the cutover plan, as YAML or JSON')
    .requiredOption('--events <log>', 'an event log: CSV, or CloudEvents in JSON, one a line; plain or in gzip')
    .option('--journey <column>', "the log's column of the journey", DEFAULT_COLUMNS.journey)
    .option('--type <template>', 'how its columns make an event type', DEFAULT_COLUMNS.type)
    .option('--time <column>', "the log's column of the time", DEFAULT_COLUMNS.time)
    .addOption(jsonOption())
    .action(async (options: BacktestOptions) => {
      const { plan, hash } = loadPlan(await readPlanFile(options.plan), Date.now(), shippedTemplates());
      const backtest = new Backtest(plan, hash);
      const { journey, type, time } = options;
      const take = (event: LoggedEvent): void => {
        backtest.add(event);
      };
      const columns = { journey, type, time };
      const { duplicates } = await readLog(options.events, columns, io.signal, take, backtest.fieldsRead);
      const { log, ...rest } = backtest.result();
      if (log.events > 0 && log.events === log.unlistened + log.unknown.events) {
        throw new BadLog(
          "No event of the log is one that a handoff of the plan listens to, so there is nothing to count. Check '--type' against the plan's event types.",
        );
      }
      const result: BacktestResult = { ...rest, log: { ...log, duplicates } };
      print(io, options, result, backtestScreen);
    });
}
