import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';
import type { CliIo } from '../io';

/**
 * Writes what a command made: to a file, with the folders that lead to it, or to standard output where none is named.
 *
 * @throws CliFailure `not-written` where the file cannot be written
 */
export async function writeOut(io: CliIo, file: string | undefined, text: string): Promise<void> {
  if (file === undefined) {
    io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    return;
  }
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch {
    throw new CliFailure(
      'not-written',
      EXIT.usage,
      "What '--out' names cannot be written. Check the path, and that you may write there.",
    );
  }
}
