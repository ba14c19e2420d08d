import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { LoggedEvent } from '../../domain/backtest/backtest';
import { nanosecondsOf, parseLogTime } from '../../domain/backtest/log-time';
import { BadLog, otherNumberOfFields, type LogProgress } from './bad-log';

/** Where a log keeps what is needed of it. */
export interface LogColumns {
  journey: string;
  /** A template over columns, such as '{activity}/{lifecycle}'. */
  type: string;
  time: string;
}

export const DEFAULT_COLUMNS: LogColumns = { journey: 'case_id', type: '{activity}.{lifecycle}', time: 'timestamp' };

/** A line that is longer holds no event: a quote was not closed. */
const LONGEST_LINE = 1 << 20;

type Row = readonly string[];

/** Reads CSV with a header line. @param progress is told how far it was read */
export async function readCsvLog(
  chunks: AsyncIterable<Buffer>,
  columns: LogColumns,
  take: (event: LoggedEvent) => void,
  progress: LogProgress,
  fields: ReadonlySet<string> = new Set(),
): Promise<void> {
  // Lines are counted here, and their fields with them: the parser's own account of each would cost as much as the parsing.
  const parser = parse({ bom: true, trim: true, relax_column_count: true, max_record_size: LONGEST_LINE });
  // The parser is what is read here: it ends with the failure of whatever fed it.
  pipeline(Readable.from(chunks), parser, (error) => {
    if (error) parser.destroy(error);
  });
  let header: Row | undefined;
  let read: RowReader | undefined;
  let line = 1;
  for await (const row of parser as AsyncIterable<Row>) {
    if (!isBlank(row)) {
      if (header === undefined) {
        header = row;
      } else {
        read ??= rowReader(header, columns, fields);
        if (row.length !== header.length) throw otherNumberOfFields(line);
        take(read(row, line));
      }
    }
    line += linesOf(row);
    progress.line = line - 1;
    progress.records += 1;
  }
  if (header === undefined || read === undefined) throw new BadLog('The event log has no lines below its header.');
}

function isBlank(row: Row): boolean {
  return row.length === 1 && row[0] === '';
}

/** A field in quotes may go over several. */
function linesOf(row: Row): number {
  let lines = 1;
  for (const field of row) {
    for (let at = field.indexOf('\n'); at >= 0; at = field.indexOf('\n', at + 1)) lines += 1;
  }
  return lines;
}

type RowReader = (row: Row, line: number) => LoggedEvent;

function rowReader(header: Row, columns: LogColumns, fields: ReadonlySet<string>): RowReader {
  const template = columns.type.split(/(\{[^{}]+\})/).filter((part) => part !== '');
  const named = template.filter(isColumn).map((part) => part.slice(1, -1));
  const missing = [columns.journey, columns.time, ...named].filter((column) => !header.includes(column));
  if (missing.length > 0) {
    throw new BadLog(
      `The log's header has no column ${[...new Set(missing)].map((column) => `'${column}'`).join(', ')}. ` +
        'Name the columns that it has with --journey, --type and --time.',
    );
  }
  if (named.length === 0)
    throw new BadLog("--type names no column. Write it as '{activity}' or '{activity}/{lifecycle}'.");
  const journeyAt = header.indexOf(columns.journey);
  const timeAt = header.indexOf(columns.time);
  const parts = template.map((part) => (isColumn(part) ? header.indexOf(part.slice(1, -1)) : part));
  const fieldsAt = header.flatMap((name, at) => (fields.has(name) ? [{ name, at }] : []));
  return (row, line) => {
    const journey = row[journeyAt] ?? '';
    if (journey === '') throw new BadLog(`Line ${line} has no journey: its column '${columns.journey}' is empty.`);
    const written = row[timeAt] ?? '';
    const time = parseLogTime(written);
    if (time === undefined) {
      throw new BadLog(
        `Line ${line} has no time that can be read: write column '${columns.time}' as 2011-10-01T00:38:44.546+02:00.`,
      );
    }
    const type = parts.map((part) => (typeof part === 'string' ? part : (row[part] ?? ''))).join('');
    const event = { journey, type, time, nanoseconds: nanosecondsOf(written), sequence: 0 };
    if (fieldsAt.length === 0) return event;
    const said = fieldsAt.flatMap(({ name, at }) => (row[at] ? [[name, row[at]] as const] : []));
    return { ...event, data: Object.fromEntries(said) };
  };
}

function isColumn(part: string): boolean {
  return part.startsWith('{');
}
