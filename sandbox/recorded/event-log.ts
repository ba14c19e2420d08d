import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { DomainError } from '../../domain/domain-error';
import { isEventType, toEventType } from '../../domain/events/to-event-type';

export { toEventType };

/** Where a log keeps what is needed of it. `type` is a template over columns. */
export interface LogColumns {
  journey: string;
  type: string;
  time: string;
}

export const DEFAULT_LOG_COLUMNS: LogColumns = {
  journey: 'case_id',
  type: '{activity}.{lifecycle}',
  time: 'timestamp',
};

/** One row of an event log. */
export interface LoggedActivity {
  /** As the log has it: never leaves the process that reads it. */
  caseId: string;
  /** In the grammar of event types. */
  type: string;
  /** Milliseconds since 1970. */
  at: number;
}

/** An event log cannot be used. Says which row and what to do about it; never quotes a row, which may hold anything. */
export class BadEventLog extends DomainError {
  readonly code = 'bad-event-log';
  readonly status = 400;
}

/** Logs are sorted by the second, or by several clocks: rows this much out of order, in milliseconds, are put right. */
const DISORDER = 60_000;

/**
 * The rows of an event log by time, those of one moment as they stand: CSV with a header line, plain or gzip, sorted but for a
 * minute's disorder. Streams: a log of any size takes little memory. Times without a zone are read as UTC.
 * @throws BadEventLog
 */
export async function* readEventLog(path: string, columns: LogColumns): AsyncGenerator<LoggedActivity, void> {
  const held: LoggedActivity[] = [];
  let newest = -Infinity;
  let row = 1;
  for await (const activity of readRows(path, columns)) {
    row += 1;
    if (activity.at < newest - DISORDER) {
      throw new BadEventLog(`Row ${row} is over a minute earlier than a row above it. Sort the log by time first.`);
    }
    newest = Math.max(newest, activity.at);
    let place = held.length;
    while (place > 0 && (held[place - 1]?.at ?? -Infinity) > activity.at) place -= 1;
    held.splice(place, 0, activity);
    let ripe = 0;
    while ((held[ripe]?.at ?? Infinity) < newest - DISORDER) ripe += 1;
    yield* held.splice(0, ripe);
  }
  yield* held;
}

/** The rows as they stand. */
async function* readRows(path: string, columns: LogColumns): AsyncGenerator<LoggedActivity, void> {
  const template = columns.type.split(/(\{[^{}]+\})/).filter((part) => part !== '');
  const packed = await isGzip(path);
  const parser = parse({ columns: true, bom: true, skip_empty_lines: true, trim: true });
  const source = createReadStream(path);
  const steps = packed ? [source, createGunzip(), parser] : [source, parser];
  // The parser is what is read here: it ends with the failure of whatever fed it.
  pipeline(steps as [Readable, typeof parser], (error) => {
    if (error) parser.destroy(error);
  });
  let row = 1;
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>) {
      row += 1;
      if (row === 2) requireColumns(record, columns, template);
      yield readRow(record, columns, template, row);
    }
  } catch (error) {
    throw error instanceof BadEventLog ? error : unreadable(error, row);
  } finally {
    source.destroy();
  }
  if (row === 1) throw new BadEventLog('The event log has no rows below its header.');
}

async function isGzip(path: string): Promise<boolean> {
  const start = Buffer.alloc(2);
  try {
    const file = await open(path);
    try {
      await file.read(start, 0, 2, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(error, 0);
  }
  const packed = start.readUInt16BE(0) === 0x1f8b;
  if (!packed && path.endsWith('.gz')) {
    throw new BadEventLog("The file's name ends in .gz, but it is not gzip. Name it .csv, or pack it again.");
  }
  return packed;
}

function requireColumns(record: Record<string, string>, columns: LogColumns, template: readonly string[]): void {
  const named = template.filter((part) => part.startsWith('{')).map((part) => part.slice(1, -1));
  const missing = [...new Set([columns.journey, columns.time, ...named])].filter((column) => !(column in record));
  if (missing.length > 0) {
    throw new BadEventLog(
      `The log's header has no column ${missing.map((column) => `'${column}'`).join(', ')}. ` +
        'Name the columns it has with --journey, --type and --time.',
    );
  }
}

const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}:?\d{2})?$/;

function readRow(
  record: Record<string, string>,
  columns: LogColumns,
  template: readonly string[],
  row: number,
): LoggedActivity {
  const caseId = record[columns.journey] ?? '';
  if (caseId === '') throw new BadEventLog(`Row ${row} has no case: its column '${columns.journey}' is empty.`);
  const written = TIME.exec(record[columns.time] ?? '');
  const zone = (written?.[3] ?? 'Z').replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
  const at = written === null ? NaN : Date.parse(`${written[1] ?? ''}T${written[2] ?? ''}${zone}`);
  if (Number.isNaN(at)) {
    throw new BadEventLog(`Row ${row} has no time: write column '${columns.time}' as 2011-10-01T00:38:44.546+02:00.`);
  }
  const type = toEventType(
    template.map((part) => (part.startsWith('{') ? (record[part.slice(1, -1)] ?? '') : part)).join(''),
  );
  if (!isEventType(type)) {
    throw new BadEventLog(
      `Row ${row} gives no event type: '${columns.type}' must start with a letter and stay under 128 characters.`,
    );
  }
  return { caseId, type, at };
}

function unreadable(error: unknown, row: number): BadEventLog {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'ENOENT') return new BadEventLog('There is no event log at that path. Check --events.');
  if (code === 'EACCES' || code === 'EISDIR') {
    return new BadEventLog('The event log is not a file that can be read. Check --events and its permissions.');
  }
  if (code.startsWith('Z_')) {
    return new BadEventLog(`The event log is damaged: unpacking failed after row ${row}. Fetch it again.`);
  }
  if (code.startsWith('CSV_')) {
    return new BadEventLog(`The event log is not CSV: the row after row ${row} cannot be read (${code}).`);
  }
  return new BadEventLog(`The event log cannot be read after row ${row} (${code}).`);
}
