import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFiles } from '../write-files';
import { INDEX, INDEX_MARK, OPTIONAL_PAGES, type PageFile } from './plan-page';

/**
 * Writes pages into a folder. In one that holds pages already, by the mark in its index, they replace those, and a page that is not
 * written this time goes; any other file stays as it is.
 *
 * @param inputs files that the command has read
 * @param force whether files may be replaced in a folder that holds no pages
 * @throws CliFailure as `writeFiles`
 */
export async function writePages(
  folder: string,
  files: readonly PageFile[],
  { inputs, force }: { inputs: readonly string[]; force: boolean },
): Promise<void> {
  const holdsPages = await readFile(join(folder, INDEX), 'utf8').then(
    (text) => text.startsWith(INDEX_MARK),
    () => false,
  );
  const toWrite = files.map(({ name, text }) => ({ path: join(folder, name), text }));
  await writeFiles(toWrite, { inputs, replace: force || holdsPages });
  if (!holdsPages) return;
  const stale = OPTIONAL_PAGES.filter((page) => files.every(({ name }) => name !== page));
  for (const page of stale) await rm(join(folder, page), { force: true });
}
