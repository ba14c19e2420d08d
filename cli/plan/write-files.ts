import { randomUUID } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { access, chmod, copyFile, lstat, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
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
  /** Whether what is there under this path may be replaced. */
  mayReplace: (path: string) => boolean;
}

/** What a shell has opened already. It may lead to a file, which is the shell's to keep. */
const OPENED = /^\/(dev\/(stdout|stderr|fd\/\d+)|proc\/(self|\d+)\/fd\/\d+)$/;

/** What is to be done for one file. `into`: it is a device, a pipe, or was opened already. */
interface PlannedWrite extends FileToWrite {
  how: 'into' | 'anew' | 'replace';
  /** Where it is written before it takes its place. */
  temporary: string;
  mode: number | undefined;
}

/**
 * Writes what a command made, with the folders that lead to it. All is looked at and written beside its place before anything takes its
 * place, and a file that is there is replaced as a whole: whoever reads it meanwhile has the one or the other. A link is replaced,
 * not followed.
 *
 * @throws CliFailure `file-exists`, `file-is-input`, or `not-written` where a path cannot be written
 */
export async function writeFiles(files: readonly FileToWrite[], options: WriteOptions): Promise<void> {
  const isInput = await inputsOf(options.inputs);
  const writes = await Promise.all(files.map((file) => writeOf(file, isInput, options)));
  const beside = writes.filter(({ how }) => how !== 'into');
  try {
    for (const { path, text, temporary, mode } of beside) {
      await makeFolder(dirname(path));
      await writeFile(temporary, text, { flag: 'wx' });
      if (mode !== undefined) await chmod(temporary, mode);
    }
    for (const { how, path, text, temporary } of writes) {
      if (how === 'into') await writeFile(path, text, { flag: 'a' });
      else if (how === 'replace') await rename(temporary, path);
      else await copyFile(temporary, path, constants.COPYFILE_EXCL);
    }
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    throw code === 'EEXIST' && syscall === 'copyfile' ? fileExists() : notWritten();
  } finally {
    for (const { temporary } of beside) await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Tells the files that a command has read by what they are, not by their names. A terminal may be read and written. */
export async function inputsOf(inputs: readonly string[]): Promise<(path: string) => Promise<boolean>> {
  const read = (await Promise.all(inputs.map(statOf))).filter((one) => one !== undefined);
  return async (path) => {
    const found = await statOf(path);
    return found?.isFile() === true && read.some(({ dev, ino }) => dev === found.dev && ino === found.ino);
  };
}

async function writeOf(
  file: FileToWrite,
  isInput: (path: string) => Promise<boolean>,
  { mayReplace }: WriteOptions,
): Promise<PlannedWrite> {
  const { path } = file;
  if (await isInput(path)) throw fileIsInput();
  const temporary = `${path}.${randomUUID()}.tmp`;
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return { ...file, temporary, how: 'anew', mode: undefined };
  const found = await statOf(path);
  if (OPENED.test(path) || (found !== undefined && !found.isFile() && !found.isDirectory())) {
    return { ...file, temporary, how: 'into', mode: undefined };
  }
  if (found?.isDirectory() === true) throw notWritten();
  if (!mayReplace(path)) throw fileExists();
  if (there.isFile()) await access(path, constants.W_OK).catch(() => Promise.reject(notWritten()));
  return { ...file, temporary, how: 'replace', mode: there.isFile() ? there.mode & 0o777 : undefined };
}

/** Not by mkdir's own recursion, which never ends in /proc. */
async function makeFolder(folder: string): Promise<void> {
  const found = await statOf(folder);
  if (found?.isDirectory() === true) return;
  const parent = dirname(folder);
  if (found === undefined && parent !== folder) await makeFolder(parent);
  await mkdir(folder);
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

function notWritten(): CliFailure {
  return new CliFailure(
    'not-written',
    EXIT.usage,
    "What '--out' names cannot be written. Check the path, and that you may write there.",
  );
}
