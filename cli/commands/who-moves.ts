import type { Command } from 'commander';
import type { MigrationStatus } from '../../domain/status/migration-status';
import type { WhoMoves } from '../../domain/sides/who-moves';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { whoMovesScreen } from '../screens/who-moves-screen';
import { whichMigration } from '../which-migration';
import { commandPath } from './steering';

interface WhoMovesOptions extends SystemOptions {
  to: string;
  cohort?: string;
}

/** `handoff who-moves`: before a split is changed, how many it would concern, and that it moves nobody who has a side. */
export function addWhoMovesCommand(program: Command, io: CliIo): void {
  program
    .command('who-moves [phase]')
    .description('what a change of a split would do, from recorded arrivals; changes nothing')
    .requiredOption(
      '--to <size>',
      "a share of those who arrive, such as '25' or '2.5%', or a number a day, such as '10/day'",
    )
    .option('--cohort <id>', 'one cohort; every cohort of the phase unless given')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (phase: string | undefined, options: WhoMovesOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, true);
      const path = commandPath(migration, phase ?? (await phaseUnderWay(api, migration)), 'who-moves');
      const { to, cohort } = options;
      print(io, options, await api.get<WhoMoves>(path, { to, cohort }), whoMovesScreen);
    });
}

async function phaseUnderWay(api: ApiClient, migration: string): Promise<string> {
  const { progress, phases } = await api.get<MigrationStatus>(`/v1/migrations/${encodeURIComponent(migration)}`);
  if (progress?.phase != null) return progress.phase;
  const named = phases.map(({ phase }) => phase).join(', ');
  throw new CliFailure('usage', EXIT.usage, `No phase is under way. Name one: ${named}.`);
}
