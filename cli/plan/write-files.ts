import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';

export interface FileToWrite {
  path: string;
  text: string;
}

export interface WriteOptions {
  /** Files that the command has read: they are never written over, whatever they are called here and there. */
  inputs: readonly string[];
  /** Whether a file that is there may be replaced. */
  replace: boolean;
}

/**
 * Writes what a command made, with the folders that lead to it. All is looked at before anything is written, and a file that is there is
 * replaced as a whole: whoever reads it meanwhile has the one or the other. A link is replaced, not followed; a device or a pipe, such as
 * /dev/null, is written into.
 *
 * @throws CliFailure `file-exists`, `file-is-input`, or `not-written` where a path cannot be written
 */
export async function writeFiles(files: readonly FileToWrite[], { inputs, replace }: WriteOptions): Promise<void> {
  const read = (await Promise.all(inputs.map(statOf))).filter((one) => one !== undefined);
  const there = await Promise.all(files.map(({ path }) => statOf(path)));
  for (const found of there) {
    if (found === undefined) continue;
    if (read.some(({ dev, ino }) => dev === found.dev && ino === found.ino)) throw fileIsInput();
    if (found.isFile() && !replace) throw fileExists();
  }
  const renames: { from: string; to: string }[] = [];
  try {
    for (const [index, { path, text }] of files.entries()) {
      const found = there[index];
      await mkdir(dirname(path), { recursive: true });
      if (found?.isFile() === true) {
        const from = `${path}.${randomUUID()}.tmp`;
        renames.push({ from, to: path });
        await writeFile(from, text, { flag: 'wx', mode: Number(found.mode) & 0o777 });
      } else await writeFile(path, text, { flag: found === undefined ? 'wx' : 'w' });
    }
    for (const { from, to } of renames) await rename(from, to);
  } catch (error) {
    for (const { from } of renames) await rm(from, { force: true });
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && syscall === 'open') throw fileExists();
    throw new CliFailure(
      'not-written',
      EXIT.usage,
      "What '--out' names cannot be written. Check the path, and that you may write there.",
    );
  }
}

function statOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}

function fileExists(): CliFailure {
  return new CliFailure(
    'file-exists',
    EXIT.conflict,
    "A file is there already that would be written over. Name another place with '--out', or say '--force'.",
  );
}

function fileIsInput(): CliFailure {
  return new CliFailure(
    'file-is-input',
    EXIT.conflict,
    "'--out' would write over a file that this command reads. Name another place.",
  );
}
