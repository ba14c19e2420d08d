import type { Command } from 'commander';
import type { GatesOfPhase } from '../../domain/status/gates-of-phase';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { gatesScreen } from '../screens/gates-screen';
import { whichMigration } from '../which-migration';

interface ShowOptions extends SystemOptions {
  cohort?: string;
  gate?: string;
}

/** `handoff gate show`: what a gate says, of which numbers, by what was agreed and by whom. */
export function addGateShowCommand(gate: Command, io: CliIo): void {
  gate
    .command('show')
    .description(
      'why the gates of a phase say what they say: the agreed rule, who signed it, the evidence, and what was done',
    )
    .argument('<phase>', 'the phase')
    .option('--cohort <id>', 'one cohort')
    .option('--gate <id>', 'one gate')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (phase: string, { cohort, gate: id, ...options }: ShowOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = encodeURIComponent(await whichMigration(api, options.migration, true));
      const path = `/v1/migrations/${migration}/phases/${encodeURIComponent(phase)}/gates`;
      print(io, options, await api.get<GatesOfPhase>(path, { cohort, gate: id }), gatesScreen);
    });
}
