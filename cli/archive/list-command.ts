import type { Command } from 'commander';
import type { EventArchive, EventArchives } from '../../domain/status/event-archives';
import { ApiClient } from '../api-client';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, type SystemOptions } from '../options';
import { table } from '../screens/table';

/** `handoff archive list`: the months of events that were archived. */
export function addArchiveListCommand(archive: Command, io: CliIo): void {
  archive
    .command('list', { isDefault: true })
    .description('the months that were archived: file, sha256, size, and how many events of which migration')
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: SystemOptions) => {
      const api = await ApiClient.connect(io, options.as);
      print(io, options, await api.get<EventArchives>('/v1/archives'), archivesScreen);
    });
}

export function archivesScreen({ archives }: EventArchives): string {
  if (archives.length === 0)
    return 'No month of events was archived. `HANDOFF_ARCHIVE_DIR` of the workers says where to.';
  const rows = archives.map(({ file, from, to, archivedAt, events, bytes, migrations }) => [
    ...[file, from ?? 'the beginning', to, archivedAt, String(events), String(bytes)],
    ofMigrations(migrations),
  ]);
  const hashes = archives.map(({ file, sha256 }) => `${sha256}  ${file}`);
  // As `sha256sum --check` takes it.
  return [table(['FILE', 'FROM', 'TO', 'ARCHIVED', '#EVENTS', '#BYTES', 'OF'], rows), '', ...hashes].join('\n');
}

export function ofMigrations(migrations: EventArchive['migrations']): string {
  return Object.entries(migrations)
    .map(([migration, events]) => `${migration}: ${events}`)
    .join(', ');
}
