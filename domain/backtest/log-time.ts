import { parseTimestamp } from '../events/rfc3339';

const WRITTEN = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/**
 * Milliseconds since 1970 of a time as logs write it: RFC 3339, or with a space, without seconds, with a short offset or none at all,
 * which is read as UTC. Undefined for anything else, such as a day that the calendar lacks.
 */
export function parseLogTime(text: string): number | undefined {
  const exact = parseTimestamp(text);
  if (exact !== undefined) return exact;
  const [, day, minute, seconds = ':00', zone = 'Z'] = WRITTEN.exec(text) ?? [];
  if (day === undefined || minute === undefined) return undefined;
  return parseTimestamp(`${day}T${minute}${seconds}${longOffset(zone)}`);
}

/** What a time that can be read says beyond its millisecond: 0 to 999,999. */
export function nanosecondsOf(text: string): number {
  const finer = /\.\d{3}(\d{1,6})/.exec(text)?.[1];
  return finer === undefined ? 0 : Number(finer.padEnd(6, '0'));
}

function longOffset(zone: string): string {
  if (zone.length === 1 || zone.includes(':')) return zone;
  return zone.length === 3 ? `${zone}:00` : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}
