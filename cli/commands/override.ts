import { type Command, Option } from 'commander';
import type { RemovedOverride, SideOverride } from '../../domain/status/side-override';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { overrideScreen, overridesScreen, removedOverrideScreen } from '../screens/overrides-screen';
import { whichMigration } from '../which-migration';

interface UnitOptions extends SystemOptions {
  phase: string;
  unit: string;
  reason: string;
}

/** `handoff override …`: sides of test patients by name. */
export function addOverrideCommands(program: Command, io: CliIo): void {
  const override = program
    .command('override')
    .description('sides of test patients by name: only those whom the plan names under testUnits');
  override
    .command('list')
    .description('the test units that were given a side, by whom and why')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: SystemOptions) => {
      const { api, path } = await connect(io, options, true);
      print(io, options, await api.get<{ overrides: SideOverride[] }>(path), overridesScreen);
    });
  ofUnit(override.command('set'))
    .description('give a test unit a side in a phase, whatever the splits say; it counts for no gate and no cap')
    .addOption(new Option('--side <side>', 'which one').choices(['legacy', 'target']).makeOptionMandatory())
    .action(async ({ side, phase, unit, reason, ...options }: UnitOptions & { side: string }) => {
      const { api, path } = await connect(io, options);
      print(io, options, await api.post<SideOverride>(path, { phase, unit, side, reason }), overrideScreen);
    });
  ofUnit(override.command('remove'))
    .description('take an override back; the unit keeps the side that it has')
    .action(async ({ phase, unit, reason, ...options }: UnitOptions) => {
      const { api, path } = await connect(io, options);
      const removed = await api.post<RemovedOverride>(`${path}/remove`, { phase, unit, reason });
      print(io, options, removed, removedOverrideScreen);
    });
}

function ofUnit(command: Command): Command {
  return command
    .requiredOption('--phase <phase>', 'the phase')
    .requiredOption('--unit <key>', "the unit's key, as the plan names it")
    .requiredOption('--reason <text>', 'why, for the audit log')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption());
}

async function connect(io: CliIo, options: SystemOptions, reading = false): Promise<{ api: ApiClient; path: string }> {
  const api = await ApiClient.connect(io, options.as);
  const migration = await whichMigration(api, options.migration, reading);
  return { api, path: `/v1/migrations/${encodeURIComponent(migration)}/overrides` };
}
