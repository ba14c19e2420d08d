import { Option, type Command } from 'commander';
import { UNLINKED_BECAUSE } from '../../../domain/crosswalk/vendor-event';
import type { FiledAnswer, HeldPage } from '../../../domain/status/crosswalk-answers';
import { ApiClient } from '../../api-client';
import { CliFailure } from '../../cli-failure';
import { EXIT } from '../../exit-codes';
import { print, type CliIo } from '../../io';
import { asOption, jsonOption, migrationOption, wholeNumber, type SystemOptions } from '../../options';
import { filedScreen, heldScreen } from '../../screens/held-events-screen';
import { whichMigration } from '../../which-migration';

interface HeldOptions extends SystemOptions {
  because?: string;
  case?: number;
  after?: number;
  limit?: number;
  givenUp?: boolean;
}

interface FileOptions extends SystemOptions {
  unit: string;
  vendor?: string;
  id?: string;
  idKind?: string;
}

/** What people do with events that are held: look at them, and file them under an episode. */
export function addHeldCommands(crosswalk: Command, io: CliIo): void {
  withSystem(crosswalk.command('held'))
    .description('events of vendors that nobody knows where they belong, why, and what ends it')
    .addOption(new Option('--because <why>', 'those that are held for this').choices(UNLINKED_BECAUSE))
    .option('--case <case>', 'those of this case', wholeNumber)
    .option('--given-up', 'those that two people gave up for lost instead')
    .option('--after <event>', 'those after this one', wholeNumber)
    .option('--limit <count>', 'so many; 100 unless given', wholeNumber)
    .action(async ({ because, case: of, after, limit, givenUp, ...options }: HeldOptions) => {
      const { api, path } = await connect(io, options, true);
      const query = { because, case: of, after, limit, ...(givenUp === true && { givenUp: 'true' }) };
      print(io, options, await api.get<HeldPage>(`${path}/held`, query), (page) => heldScreen(page, givenUp));
    });
  withSystem(crosswalk.command('file'))
    .description(
      'files held events under an episode: one by its number, or all that name an id and wait for an episode',
    )
    .argument('[event]', "its number, of 'handoff crosswalk held'", wholeNumber)
    .requiredOption('--unit <key>', 'the episode that it belongs to')
    .option('--vendor <system>', "the system of the plan that an id is from; with '--id'")
    .option('--id <id>', 'the id, as the vendor writes it')
    .option('--id-kind <kind>', 'what that system calls the id; needed only where several kinds have it')
    .action(async (event: number | undefined, { unit, vendor, id, idKind, ...options }: FileOptions) => {
      const ofId = vendor !== undefined && id !== undefined;
      const isEvent = event !== undefined && [vendor, id, idKind].every((given) => given === undefined);
      if (!isEvent && (event !== undefined || !ofId))
        throw new CliFailure('usage', EXIT.usage, 'Give the number of a held event; or --vendor and --id.');
      const { api, path } = await connect(io, options, false);
      const which = isEvent ? { event } : { vendor, id, kind: idKind };
      print(io, options, await api.post<FiledAnswer>(`${path}/file`, { ...which, unit }), filedScreen);
    });
}

function withSystem(command: Command): Command {
  return command.addOption(migrationOption()).addOption(asOption()).addOption(jsonOption());
}

async function connect(io: CliIo, options: SystemOptions, ended: boolean): Promise<{ api: ApiClient; path: string }> {
  const api = await ApiClient.connect(io, options.as);
  const migration = await whichMigration(api, options.migration, ended);
  return { api, path: `/v1/migrations/${encodeURIComponent(migration)}/crosswalk` };
}
