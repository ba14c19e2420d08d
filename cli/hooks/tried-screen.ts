import type { TriedEvent } from './try-payload';

const BECAME: Readonly<Record<TriedEvent['became'], string>> = {
  event: 'becomes an event',
  idsOnly: 'only tells which ids are one patient’s',
  unknown: 'is not known to the plan: acknowledged and counted',
  unmet: 'meets none of the conditions: acknowledged and counted',
  refused: 'is refused',
  read: 'is understood',
};

/** What becomes of a payload, for people. */
export function triedScreen(events: readonly TriedEvent[]): string {
  if (events.length === 0) return 'The payload reports nothing: it is acknowledged.';
  return events.map(eventBlock).join('\n\n');
}

function eventBlock(event: TriedEvent): string {
  const { from, became, type, time, ids = [], keys = {}, data = {}, fields = [], refusal, dropped } = event;
  const lines: [string, string | undefined][] = [
    ['event', type],
    ['time', time === undefined ? undefined : (time ?? 'when it is received')],
    ['ids', ids.map(({ kind, id, names }) => `${kind} ${id}${names === undefined ? '' : ` (${names})`}`).join(', ')],
    [
      'keys',
      Object.entries(keys)
        .map((entry) => entry.join(' '))
        .join(', '),
    ],
    [
      'data',
      Object.entries(data)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join(', '),
    ],
    ['fields', fields.join(', ')],
    ['refused', refusal && `${refusal.code}: ${refusal.message}`],
    ['dropped', dropped.join(', ')],
  ];
  const shown = lines.flatMap(([name, text]) =>
    text === undefined || text === '' ? [] : [`  ${name.padEnd(8)} ${text}`],
  );
  return [`${from ?? 'An event without a type'} ${BECAME[became]}`, ...shown].join('\n');
}
