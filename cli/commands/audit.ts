import type { Command } from 'commander';
import type { AuditPage } from '../../domain/status/audit-page';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions, wholeNumber } from '../options';
import { auditScreen } from '../screens/audit-screen';
import { whichMigration } from '../which-migration';

interface AuditOptions extends SystemOptions {
  after?: number;
  limit?: number;
}

/** `handoff audit`: who changed what, when and why. */
export function addAuditCommand(program: Command, io: CliIo): void {
  program
    .command('audit')
    .description('who changed what, when and why, the oldest first')
    .addOption(migrationOption())
    .option('--after <id>', 'entries after this one', wholeNumber)
    .option('--limit <n>', 'entries at most, up to 1000', wholeNumber, 100)
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: AuditOptions) => {
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, true);
      const { after, limit } = options;
      const page = await api.get<AuditPage>(`/v1/migrations/${encodeURIComponent(migration)}/audit`, { after, limit });
      print(io, options, page, auditScreen);
    });
}
