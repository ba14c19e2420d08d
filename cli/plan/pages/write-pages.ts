import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inputsOf, writeFiles } from '../write-files';
import { digestOf, listOf } from './folder-list';
import { INDEX, type PageFile } from './plan-page';

/**
 * Writes pages into a folder. What an earlier run wrote there and nobody has changed since is replaced, or taken away where it is not
 * written this time; any other file stays as it is.
 *
 * @param inputs files that the command has read
 * @param force whether other files of those names may be replaced too
 * @throws CliFailure as `writeFiles`
 */
export async function writePages(
  folder: string,
  files: readonly PageFile[],
  { inputs, force }: { inputs: readonly string[]; force: boolean },
): Promise<void> {
  const listed = listOf((await textOf(join(folder, INDEX))) ?? '');
  const own = new Set<string>();
  for (const [name, digest] of listed) {
    const text = await textOf(join(folder, name));
    if (text !== undefined && digestOf(text) === digest) own.add(join(folder, name));
  }
  // The index last: it says that the others are there.
  const inOrder = [...files].sort((one, other) => Number(one.name === INDEX) - Number(other.name === INDEX));
  const toWrite = inOrder.map(({ name, text }) => ({ path: join(folder, name), text }));
  await writeFiles(toWrite, { inputs, mayReplace: (path) => force || own.has(path) });
  const isInput = await inputsOf(inputs);
  const stale = [...own].filter((path) => toWrite.every((written) => written.path !== path));
  for (const path of stale) if (!(await isInput(path))) await rm(path, { force: true });
}

/** Undefined where it is no file of its own. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isFile() ? await readFile(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
