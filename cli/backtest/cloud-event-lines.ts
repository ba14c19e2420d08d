import type { LoggedEvent } from '../../domain/backtest/backtest';
import { nanosecondsOf } from '../../domain/backtest/log-time';
import type { Fields } from '../../domain/handoffs/failed-condition';
import { parseTimestamp } from '../../domain/events/rfc3339';
import { linesOf, LONGEST_LINE } from '../lines-of';
import { BadLog, type LogProgress } from './bad-log';

/**
 * Reads CloudEvents in JSON, one a line, as the API is sent them: `type`, `time`, `journey`, and `sequence`, 0 where there is none.
 * A second one of the same source and id is a duplicate.
 * @param progress is told how far it was read
 */
export async function readCloudEventLines(
  chunks: AsyncIterable<Buffer>,
  take: (event: LoggedEvent) => void,
  progress: LogProgress,
  fields: ReadonlySet<string> = new Set(),
): Promise<{ duplicates: number }> {
  const seen = new Set<string>();
  let duplicates = 0;
  for await (const text of linesOf(chunks)) {
    progress.line += 1;
    if (text.trim() === '') continue;
    const { identity, event } = readEvent(text, progress.line, fields);
    if (seen.has(identity)) duplicates += 1;
    else take(event);
    seen.add(identity);
  }
  return { duplicates };
}

function readEvent(text: string, line: number, fields: ReadonlySet<string>): { identity: string; event: LoggedEvent } {
  const attributes = parseLine(text, line);
  const { time, sequence = 0 } = attributes;
  const named = (name: string): string => {
    const value = attributes[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new BadLog(`Line ${line} has no attribute '${name}' as text. Write CloudEvents as they are sent to the API.`);
  };
  const at = typeof time === 'string' ? parseTimestamp(time) : undefined;
  if (typeof time !== 'string' || at === undefined) {
    throw new BadLog(`Line ${line} has no time that can be read: write 'time' as 2026-01-31T09:30:00.000Z.`);
  }
  if (!/^\d{1,15}$/.test(String(sequence))) {
    throw new BadLog(`Line ${line} has no 'sequence' that is a whole number from 0, of at most 15 digits.`);
  }
  return {
    identity: `${named('source')}\u0000${named('id')}`,
    event: {
      ...{ journey: named('journey'), type: named('type'), time: at },
      ...{ nanoseconds: nanosecondsOf(time), sequence: Number(sequence) },
      ...(fields.size > 0 && { data: fieldsOf(attributes['data'], fields) }),
      ...namesOf(attributes),
    },
  };
}

function fieldsOf(data: unknown, fields: ReadonlySet<string>): Fields {
  const said = typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.entries(data) : [];
  return Object.fromEntries(
    said.filter((entry): entry is [string, Fields[string]] => {
      const [name, value] = entry as [string, unknown];
      return fields.has(name) && ['string', 'number', 'boolean'].includes(typeof value);
    }),
  );
}

/** Whom and what it is about, for handoffs that do not count by journey. A log may leave it out. */
function namesOf(attributes: Record<string, unknown>): Pick<LoggedEvent, 'named'> {
  const { subject } = attributes;
  if (typeof subject !== 'string') return {};
  const units = Object.fromEntries(
    (['visitor', 'subscription', 'login'] as const).flatMap((kind) => {
      const key = attributes[kind];
      return typeof key === 'string' ? [[kind, key]] : [];
    }),
  );
  return { named: { subject, units } };
}

function parseLine(text: string, line: number): Record<string, unknown> {
  if (text.length > LONGEST_LINE) throw new BadLog(`Line ${line} is longer than an event may be (1 MiB).`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // What the parser says quotes the text.
  }
  throw new BadLog(`Line ${line} is not a JSON object. Write one CloudEvent a line.`);
}
