import type { Command } from 'commander';
import type { RouteList } from '../../domain/status/route-standing';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { routesScreen } from '../screens/routes-screen';
import { whichMigration } from '../which-migration';

/** `handoff routes`: how far what routes outside has followed the splits. */
export function addRoutesCommand(program: Command, io: CliIo): void {
  program
    .command('routes')
    .description('how far proxies and edge systems have followed the splits, and what could not be carried there')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: SystemOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, true);
      const list = await api.get<RouteList>(`/v1/migrations/${encodeURIComponent(migration)}/routes`);
      print(io, options, list, routesScreen);
    });
}
