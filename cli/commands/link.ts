import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { UNIT_KINDS } from '../../domain/sides/units';
import type { VendorLinkAnswer } from '../../domain/status/crosswalk-answers';
import type { LinkAnswer } from '../../domain/status/key-links';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import { print, type CliIo } from '../io';
import { asOption, jsonOption, migrationOption, type SystemOptions } from '../options';
import { linksScreen } from '../screens/links-screen';
import { whichMigration } from '../which-migration';

/** What one request takes. */
const AT_ONCE = 1_000;

const linkLine = z.strictObject({ kind: z.enum(UNIT_KINDS), alias: z.string(), unit: z.string() });
type LinkLine = z.output<typeof linkLine>;

const vendorLine = z.strictObject({
  vendor: z.string(),
  kind: z.string(),
  id: z.string(),
  unit: z.string(),
  names: z.enum(UNIT_KINDS).optional(),
});
type VendorLine = z.output<typeof vendorLine>;

interface LinkOptions extends SystemOptions {
  kind?: LinkLine['kind'];
  alias?: string;
  unit?: string;
  vendor?: string;
  idKind?: string;
  id?: string;
  file?: string;
}

interface Lines {
  keys: LinkLine[];
  ids: VendorLine[];
}

/** `handoff link`: says that keys are one person's, or whose a vendor's id is. */
export function addLinkCommand(program: Command, io: CliIo): void {
  program
    .command('link')
    .description(
      "two keys are one person's: a merged record, a rotated key, a visitor who is a patient; or a vendor's id is one of ours",
    )
    .addOption(new Option('--kind <kind>', 'what the alias is a key of').choices(UNIT_KINDS))
    .option('--alias <key>', 'the key that stands for the other from now on')
    .option('--unit <key>', "the key that stays: of the same kind, or a patient's for a visitor; or whose the id is")
    .option('--vendor <system>', "the system of the plan that an id is from; with '--id-kind', '--id' and '--unit'")
    .option('--id-kind <kind>', 'what that system calls the id, such as customer')
    .option('--id <id>', 'the id; never a contact detail')
    .option('--file <file>', 'many links, one JSON object { kind, alias, unit } or { vendor, kind, id, unit } a line')
    .addOption(migrationOption())
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: LinkOptions) => {
      const { keys, ids } = await readLinks(options);
      const api = await ApiClient.connect(io, options.as);
      const migration = await whichMigration(api, options.migration, false);
      const path = `/v1/migrations/${encodeURIComponent(migration)}/links`;
      const total: LinkAnswer = { linked: 0, alreadyLinked: 0, refused: 0, contradicted: 0, results: [] };
      for (let from = 0; from < keys.length; from += AT_ONCE) {
        add(total, await api.post<LinkAnswer>(path, { links: keys.slice(from, from + AT_ONCE) }));
      }
      const ofIds = `/v1/migrations/${encodeURIComponent(migration)}/crosswalk/links`;
      for (let from = 0; from < ids.length; from += AT_ONCE) {
        const answer = await api.post<VendorLinkAnswer>(ofIds, { links: ids.slice(from, from + AT_ONCE) });
        add(total, { ...answer, contradicted: 0 });
      }
      print(io, options, total, linksScreen);
      if (total.refused > 0) {
        throw new CliFailure(
          'links-refused',
          EXIT.conflict,
          'What is refused is listed by its place, and why. Whatever is not refused is linked; the same can be sent again.',
        );
      }
    });
}

function add(total: LinkAnswer, answer: LinkAnswer): void {
  total.linked += answer.linked;
  total.alreadyLinked += answer.alreadyLinked;
  total.refused += answer.refused;
  total.contradicted += answer.contradicted;
  total.results.push(...answer.results);
}

async function readLinks(options: LinkOptions): Promise<Lines> {
  const { kind, alias, unit, vendor, idKind, id, file } = options;
  const ofKeys = [kind, alias].some((given) => given !== undefined);
  const ofId = [vendor, idKind, id].some((given) => given !== undefined);
  if (file !== undefined) {
    if (ofKeys || ofId || unit !== undefined) throw badLinks();
    return linesOf(await readFile(file, 'utf8').catch(unreadable));
  }
  if (unit === undefined || ofKeys === ofId) throw badLinks();
  if (kind !== undefined && alias !== undefined) return { keys: [{ kind, alias, unit }], ids: [] };
  if (vendor === undefined || idKind === undefined || id === undefined) throw badLinks();
  return { keys: [], ids: [{ vendor, kind: idKind, id, unit }] };
}

function linesOf(text: string): Lines {
  const lines = text.split(/\r?\n/).map((line, at) => ({ line: line.trim(), number: at + 1 }));
  const read = lines.filter(({ line }) => line !== '').map(({ line, number }) => ({ number, link: parseLine(line) }));
  const bad = read.filter(({ link }) => link === undefined);
  if (bad.length > 0) {
    throw new CliFailure(
      'bad-link-file',
      EXIT.refused,
      'Nothing was linked. Write one link a line, as { "kind": "patient", "alias": "pat_…", "unit": "pat_…" } or { "vendor": "billing", "kind": "customer", "id": "cus_…", "unit": "pat_…" }.',
      bad.slice(0, 20).map(({ number }) => ({ path: `line ${number}`, message: 'This line is not a link.' })),
    );
  }
  return {
    keys: read.flatMap(({ link }) => (link !== undefined && 'alias' in link ? [link] : [])),
    ids: read.flatMap(({ link }) => (link !== undefined && 'id' in link ? [link] : [])),
  };
}

function parseLine(line: string): LinkLine | VendorLine | undefined {
  try {
    const read: unknown = JSON.parse(line);
    return linkLine.safeParse(read).data ?? vendorLine.safeParse(read).data;
  } catch {
    return undefined;
  }
}

function badLinks(): CliFailure {
  return new CliFailure(
    'usage',
    EXIT.usage,
    'Give --kind, --alias and --unit for two keys; --vendor, --id-kind, --id and --unit for an id of a vendor; or --file for many.',
  );
}

function unreadable(): never {
  throw new CliFailure('no-link-file', EXIT.refused, 'The file of links cannot be read. Check its path.');
}
