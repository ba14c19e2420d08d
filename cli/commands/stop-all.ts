import type { Command } from 'commander';
import type { StopAllAnswer } from '../../api/stop-all/stop-all';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, type SystemOptions } from '../options';
import { stopAllScreen } from '../screens/stop-all-screen';

/** `handoff stop-all`: every migration, at once, whatever became of Temporal and of the workers. */
export function addStopAllCommand(program: Command, io: CliIo): void {
  program
    .command('stop-all')
    .description('bring arrivals of every migration back to legacy at once, and pause them all')
    .option('--reason <text>', 'why, for the audit log; nothing of a patient')
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: SystemOptions & { reason?: string }) => {
      const api = await ApiClient.connect(io, options.as);
      const answer = await api.post<StopAllAnswer>('/v1/stop-all', { reason: options.reason });
      print(io, options, answer, stopAllScreen);
      const unheld = answer.migrations.some(({ held }) => !held);
      if (answer.failed.length > 0 || unheld || answer.unsure.length > 0) {
        const message = 'Not everything could be stopped in time. Repeat the command.';
        throw new CliFailure('not-all-stopped', EXIT.notReachable, message);
      }
      if (answer.migrations.some(({ outcome }) => outcome === 'notTold')) {
        const message =
          "Everything is held, and nothing rises; but a migration was not told. A worker pauses it as soon as Temporal answers: see 'handoff status'.";
        throw new CliFailure('not-all-told', EXIT.notTold, message);
      }
    });
}
