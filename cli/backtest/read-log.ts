import type { LoggedEvent } from '../../domain/backtest/backtest';
import { BadLog, unreadableLog, type LogProgress } from './bad-log';
import { readCloudEventLines } from './cloud-event-lines';
import { readCsvLog, type LogColumns } from './csv-log';
import { readLogFile } from './log-file';

export interface LogRead {
  /** Events that had been read before, by source and id; only CloudEvents have them. */
  duplicates: number;
}

/**
 * Reads a log from beginning to end, in any order of time: CSV with a header line, or CloudEvents in JSON, one a line; plain or gzip.
 * Streams, so that a log of any size takes little memory.
 *
 * @param take is given each event
 * @param fields those that are read besides: columns of a CSV, `data` of CloudEvents
 * @throws CliFailure `no-event-log`, `bad-event-log` with the line
 */
export async function readLog(
  path: string,
  columns: LogColumns,
  signal: AbortSignal,
  take: (event: LoggedEvent) => void,
  fields: ReadonlySet<string> = new Set(),
): Promise<LogRead> {
  const progress: LogProgress = { line: 0, records: 0 };
  try {
    const { isJson, chunks } = await peek(readLogFile(path, signal));
    if (isJson) return await readCloudEventLines(chunks, take, progress, fields);
    await readCsvLog(chunks, columns, take, progress, fields);
    return { duplicates: 0 };
  } catch (error) {
    throw unreadableLog(error, progress);
  }
}

/** Whether a log is JSON, by its first character that is no blank; and all of it, from its beginning. */
async function peek(
  source: AsyncGenerator<Buffer, void>,
): Promise<{ isJson: boolean; chunks: AsyncGenerator<Buffer, void> }> {
  const held: Buffer[] = [];
  for (;;) {
    const next = await source.next();
    if (next.done === true) {
      if (held.length === 0) throw new BadLog('The event log is empty.');
      return { isJson: false, chunks: replay(held, source) };
    }
    held.push(next.value);
    const [character] = next.value
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .trimStart();
    if (character !== undefined) return { isJson: character === '{', chunks: replay(held, source) };
  }
}

async function* replay(held: readonly Buffer[], rest: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  yield* held;
  yield* rest;
}
