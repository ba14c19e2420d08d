import type { CliIo } from '../io';
import { writeFiles } from './write-files';

/** Where a command writes what it made. */
export interface OutOptions {
  /** A file; to standard output where none is named. */
  out?: string;
  /** Whether a file that is there may be replaced. */
  force?: boolean;
}

/**
 * Writes what a command made: to a file, with the folders that lead to it, or to standard output where none is named.
 *
 * @param inputs files that the command has read
 * @throws CliFailure as `writeFiles`
 */
export async function writeOut(
  io: CliIo,
  { out, force = false }: OutOptions,
  text: string,
  inputs: readonly string[],
): Promise<void> {
  if (out === undefined) io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  else await writeFiles([{ path: out, text }], { inputs, mayReplace: () => force });
}
