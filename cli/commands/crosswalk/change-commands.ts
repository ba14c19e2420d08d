import type { Command } from 'commander';
import type { CrosswalkChange, CrosswalkPreview } from '../../../domain/status/crosswalk-answers';
import { ApiClient } from '../../api-client';
import { print, type CliIo } from '../../io';
import { asOption, jsonOption, migrationOption, wholeNumber, type SystemOptions } from '../../options';
import { changeScreen, changesScreen, previewLines } from '../../screens/crosswalk-changes-screen';
import { whichMigration } from '../../which-migration';

interface AskOptions extends SystemOptions {
  reason: string;
  dryRun?: boolean;
}

/** What two people change: one asks, another one agrees. */
export function addChangeCommands(crosswalk: Command, io: CliIo): void {
  asking(crosswalk.command('merge'))
    .description('asks that two patients become one; somebody else has to agree')
    .requiredOption('--alias <key>', 'the key that stands for the other since')
    .requiredOption('--unit <key>', 'the key that stays')
    .action(({ alias, unit, ...options }: AskOptions & { alias: string; unit: string }) =>
      ask(io, options, { merge: { alias, unit } }),
    );
  asking(crosswalk.command('split'))
    .description('asks that an id is taken off the patient whose it was linked to; somebody else has to agree')
    .argument('<vendor>', 'the system of the plan that the id is from')
    .argument('<id>', 'the id')
    .requiredOption('--id-kind <kind>', 'what that system calls it')
    .option('--unit <key>', "the patient whose it is instead; nobody's for now unless given")
    .action(
      (vendor: string, id: string, { idKind, unit, ...options }: AskOptions & { idKind: string; unit?: string }) =>
        ask(io, options, { split: { vendor, id, kind: idKind, unit } }),
    );
  withSystem(crosswalk.command('changes'))
    .description('merges and splits that wait for somebody to agree')
    .option('--all', 'those that were decided as well')
    .action(async ({ all, ...options }: SystemOptions & { all?: boolean }) => {
      const { api, path } = await connect(io, options);
      const answer = await api.get<{ changes: CrosswalkChange[] }>(path, { all: all === true ? 'true' : undefined });
      print(io, options, answer, changesScreen);
    });
  for (const [name, text] of [
    ['approve', 'agrees to a merge or a split of somebody else, and makes it'],
    ['refuse', 'does not agree, or no longer asks'],
  ] as const) {
    withSystem(crosswalk.command(name))
      .description(text)
      .argument('<change>', 'its number', wholeNumber)
      .action(async (change: number, options: SystemOptions) => {
        const { api, path } = await connect(io, options);
        print(io, options, await api.post<{ change: CrosswalkChange }>(`${path}/${change}/${name}`, {}), (answer) =>
          changeScreen(answer.change),
        );
      });
  }
}

function withSystem(command: Command): Command {
  return command.addOption(migrationOption()).addOption(asOption()).addOption(jsonOption());
}

function asking(command: Command): Command {
  return withSystem(
    command
      .requiredOption('--reason <text>', 'why, for the audit log: about the records, never about the patient')
      .option('--dry-run', 'say what it would touch, and ask nobody'),
  );
}

async function ask(io: CliIo, { reason, dryRun = false, ...options }: AskOptions, wanted: object): Promise<void> {
  const { api, path } = await connect(io, options);
  const answer = await api.post<{ preview: CrosswalkPreview } | { change: CrosswalkChange }>(path, {
    ...wanted,
    ...{ reason, dryRun },
  });
  print(io, options, answer, (given) =>
    'preview' in given ? previewLines(given.preview).join('\n') : changeScreen(given.change),
  );
}

async function connect(io: CliIo, options: SystemOptions): Promise<{ api: ApiClient; path: string }> {
  const api = await ApiClient.connect(io, options.as);
  const migration = await whichMigration(api, options.migration, false);
  return { api, path: `/v1/migrations/${encodeURIComponent(migration)}/crosswalk/changes` };
}
