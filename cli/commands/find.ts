import type { Command } from 'commander';
import type { FoundPatient } from '../../domain/status/patient-standing';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { foundScreen } from '../screens/patient-screen';
import { whichMigration } from '../which-migration';

/** `handoff find`: whom a vendor's id, or a key, leads to (R46). */
export function addFindCommand(program: Command, io: CliIo): void {
  program
    .command('find')
    .description("whom a vendor's id leads to: side by phase, stage, next step, open cases, and what to say")
    .argument('<vendor>', 'the system of the plan that the id is from; or one of our own keys, alone')
    .argument('[id]', 'the id, as the vendor writes it')
    .option('--id-kind <kind>', 'what that system calls the id; needed only where several kinds have it')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (vendor: string, id: string | undefined, options: SystemOptions & { idKind?: string }) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, true);
      const sought = id === undefined ? { key: vendor } : { vendor, id, kind: options.idKind };
      const path = `/v1/migrations/${encodeURIComponent(migration)}/crosswalk/find`;
      print(io, options, await api.post<FoundPatient>(path, sought), foundScreen);
    });
}
