import { createReadStream, type ReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BadLog } from './bad-log';

/**
 * The bytes of a log, unpacked where the file is gzip by its content; read once, so that a pipe will do.
 * @throws BadLog, and what reading a file throws
 */
export async function* readLogFile(path: string, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const file = createReadStream(path, { highWaterMark: 1 << 18, signal });
  const rest = file[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  const { value: first } = await rest.next();
  const packed = first?.[0] === 0x1f && first[1] === 0x8b;
  if (!packed && path.endsWith('.gz')) {
    file.destroy();
    throw new BadLog("The log's name ends in .gz, but it is not gzip. Name it .csv, or pack it again.");
  }
  const whole = startingWith(first, rest, file);
  if (!packed) {
    yield* whole;
    return;
  }
  const unpacked = createGunzip();
  // The unpacker is what is read here: it ends with the failure of the file.
  pipeline(Readable.from(whole), unpacked, (error) => {
    if (error) unpacked.destroy(error);
  });
  yield* unpacked as AsyncIterable<Buffer>;
}

/** What was read already, then the rest; closes the file however it is left. */
async function* startingWith(
  first: Buffer | undefined,
  rest: AsyncIterator<Buffer, undefined>,
  file: ReadStream,
): AsyncGenerator<Buffer, void> {
  try {
    for (let chunk = first; chunk !== undefined; chunk = (await rest.next()).value) yield chunk;
  } finally {
    file.destroy();
  }
}
