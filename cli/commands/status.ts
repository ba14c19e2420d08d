import type { Command } from 'commander';
import type { MigrationStatus } from '../../domain/status/migration-status';
import { ApiClient } from '../api-client';
import { readCliConfiguration } from '../config';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { createPaint, type Paint } from '../screens/paint';
import { migrationsScreen, statusScreen } from '../screens/status-screen';
import { watchStatus } from '../watch-status';
import { listMigrations, whichMigration } from '../which-migration';

interface StatusOptions extends SystemOptions {
  watch?: boolean;
  all?: boolean;
}

/** `handoff status`: where a migration stands; with `--watch` until it ends or Ctrl-C. */
export function addStatusCommand(program: Command, io: CliIo): void {
  program
    .command('status')
    .description('where a migration stands: phases, cohorts, gates, handoffs, queues')
    .addOption(migrationOption())
    .option(
      '--watch',
      'go on showing it: redrawn on a terminal, else each change on a line; with --json a status a line',
    )
    .option('--all', 'list every migration instead')
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: StatusOptions) => {
      const api = await ApiClient.connect(io, options.as);
      if (options.all === true) {
        print(io, options, { migrations: await listMigrations(api) }, ({ migrations }) => migrationsScreen(migrations));
        return;
      }
      const migration = await whichMigration(api, options.migration, true);
      const read = (): Promise<MigrationStatus> =>
        api.get<MigrationStatus>(`/v1/migrations/${encodeURIComponent(migration)}`);
      const paint = paintFor(io);
      if (options.watch === true) await watchStatus(io, { read, json: options.json === true, paint });
      else print(io, options, await read(), (status) => statusScreen(status, paint));
    });
}

function paintFor(io: CliIo): Paint {
  return createPaint(io.stdout.isTTY === true && readCliConfiguration(io.env).colour);
}
