import type { Command } from 'commander';
import type { DoctorReport } from '../../domain/status/doctor';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { doctorScreen } from '../screens/doctor-screen';
import { whichMigration } from '../which-migration';

/** `handoff doctor`: whether everything that was received is accounted for, line by line, and what to do about what is not. */
export function addDoctorCommand(program: Command, io: CliIo): void {
  program
    .command('doctor')
    .description('whether everything that was received is accounted for, and what to do about what is not')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: SystemOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, true);
      const path = `/v1/migrations/${encodeURIComponent(migration)}/doctor`;
      print(io, options, await api.get<DoctorReport>(path), doctorScreen);
    });
}
