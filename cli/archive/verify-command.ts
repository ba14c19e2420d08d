import type { Command } from 'commander';
import type { EventArchives } from '../../domain/status/event-archives';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, type SystemOptions } from '../options';
import { ofMigrations } from './list-command';
import { verifyArchive, type VerifiedArchive } from './verify-archive';

interface VerifyOptions extends SystemOptions {
  recorded?: boolean;
}

/** `handoff archive verify`: whether files of the archive are what was written. */
export function addArchiveVerifyCommand(archive: Command, io: CliIo): void {
  archive
    .command('verify')
    .description(
      'read files of the archive to their ends and compare them with the manifests beside them, offline: sha256, size, and how many events of which migration',
    )
    .argument('<file...>', 'files of the archive, such as event_2026_01.ndjson.gz')
    .option('--recorded', 'compare them with what the running system wrote down of them too')
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (paths: string[], options: VerifyOptions) => {
      const recorded = options.recorded === true ? await readRecorded(io, options) : undefined;
      const files: VerifiedArchive[] = [];
      for (const path of paths) files.push(await verifyArchive(path, recorded));
      print(io, options, { files }, (result) => verifiedScreen(result.files));
      const wrong = files.filter(({ problems }) => problems.length > 0).length;
      if (wrong > 0) {
        const message = `Of ${files.length} files ${wrong} are not what was written. Take them from a backup.`;
        throw new CliFailure('archive-not-as-written', EXIT.checkFailed, message);
      }
    });
}

async function readRecorded(io: CliIo, options: VerifyOptions): Promise<EventArchives['archives']> {
  const api = await ApiClient.connect(io, options.as);
  return (await api.get<EventArchives>('/v1/archives')).archives;
}

function verifiedScreen(files: readonly VerifiedArchive[]): string {
  return files
    .map(({ file, problems, found }, index) => {
      const name = file ?? `file ${index + 1}`;
      if (problems.length > 0) return [`WRONG ${name}`, ...problems.map((one) => `  ${one}`)].join('\n');
      return `ok ${name}: ${found?.events ?? 0} events (${ofMigrations(found?.migrations ?? {})}), sha256 ${found?.sha256 ?? ''}`;
    })
    .join('\n');
}
