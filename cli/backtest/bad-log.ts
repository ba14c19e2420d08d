import { CsvError } from 'csv-parse';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';

/** A log cannot be used. Says in which line and what to do; never quotes a line, which may hold anything. */
export class BadLog extends CliFailure {
  constructor(message: string) {
    super('bad-event-log', EXIT.refused, message);
  }
}

export function otherNumberOfFields(line: number): BadLog {
  return new BadLog(
    `Line ${line} of the event log has another number of fields than the header. Put fields that hold commas in quotes.`,
  );
}

/** How far a log was read. */
export interface LogProgress {
  /** The last line that could be read, counted from 1. */
  line: number;
  /** Records of CSV that could be read, the header and blank lines included. */
  records: number;
}

/** The log's file cannot be read, or what is in it is not what it seems to be. */
export function unreadableLog(error: unknown, { line, records }: LogProgress): Error {
  if (error instanceof CliFailure) return error;
  if (error instanceof CsvError) return notCsv(error, line, records);
  const code = codeOf(error);
  if (code === 'ENOENT')
    return new CliFailure('no-event-log', EXIT.usage, 'There is no event log at that path. Check --events.');
  if (code === 'EACCES' || code === 'EISDIR') {
    return new CliFailure(
      'no-event-log',
      EXIT.usage,
      'The event log is not a file that can be read. Check --events and its permissions.',
    );
  }
  if (code?.startsWith('Z_') === true) {
    return new BadLog(`The event log is damaged: it cannot be unpacked after line ${line}. Fetch it again.`);
  }
  return error instanceof Error ? error : new Error('The event log cannot be read.');
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** What the parser says quotes the field, so none of it is repeated: only what kind of fault it is, and where. */
function notCsv(error: CsvError, line: number, records: number): BadLog {
  const code: string = error.code;
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return new BadLog(
        `The event log is not CSV: a quote that begins in or after line ${firstLineOf(error, line, records)} is not closed. ` +
          'Close it, or double it where it is part of a field in quotes.',
      );
    case 'INVALID_OPENING_QUOTE':
      return new BadLog(
        `Line ${lineOf(error, line)} of the event log is not CSV: a quote stands within a field that is not in quotes. ` +
          'Put the whole field in quotes and double those within, or write JSON as one CloudEvent a line.',
      );
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return new BadLog(
        `Line ${lineOf(error, line)} of the event log is not CSV: a field in quotes goes on after its closing quote. ` +
          'Double quotes that are part of a field, and put a comma after the last one.',
      );
    default:
      return new BadLog(`Line ${lineOf(error, line)} of the event log is not CSV. Mend it.`);
  }
}

function lineOf(error: CsvError, line: number): number {
  return numberIn(error, 'lines') ?? line + 1;
}

/** Where the record of the fault begins, at the earliest: what the parser had read and not yet handed on is lost, and counts a line a record. */
function firstLineOf(error: CsvError, line: number, records: number): number {
  return line + 1 + Math.max(0, (numberIn(error, 'records') ?? records) - records);
}

function numberIn(error: CsvError, name: string): number | undefined {
  const value: unknown = error[name];
  return typeof value === 'number' ? value : undefined;
}
