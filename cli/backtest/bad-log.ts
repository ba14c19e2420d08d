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

/** The log's file cannot be read, or what is in it is not what it seems to be. @param line the last one that could be read */
export function unreadableLog(error: unknown, line: number): Error {
  if (error instanceof CliFailure) return error;
  const { code, lines } = partsOf(error);
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
  if (code?.startsWith('CSV_') === true) {
    return new BadLog(`Line ${lines ?? line + 1} of the event log is not CSV: ${whatIsWrong(code)}`);
  }
  return error instanceof Error ? error : new Error('The event log cannot be read.');
}

function partsOf(error: unknown): { code?: string; lines?: number } {
  if (typeof error !== 'object' || error === null) return {};
  const { code, lines } = error as { code?: unknown; lines?: unknown };
  return { ...(typeof code === 'string' && { code }), ...(typeof lines === 'number' && { lines }) };
}

function whatIsWrong(code: string): string {
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return 'a quote is not closed.';
    default:
      return `mend it (${code}).`;
  }
}
