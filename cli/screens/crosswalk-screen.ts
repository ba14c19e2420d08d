import type { CrosswalkStatus, RotationAnswer } from '../../domain/status/crosswalk-answers';
import { eventsWords, HELD_BECAUSE } from './held-words';
import { table } from './table';

/** The ids by system and kind, what is held and why, and the keys. */
export function crosswalkScreen({ keys, ids, held, givenUp }: CrosswalkStatus): string {
  return [
    ids.length === 0
      ? 'No vendor has told of anybody yet.'
      : table(
          ['SYSTEM', 'KIND', 'NAMES', '#IDS', '#LINKED'],
          ids.map((row) => [row.vendor, row.kind, row.names, String(row.ids), String(row.linked)]),
        ),
    held.length === 0
      ? 'Nothing is held.'
      : table(
          ['HELD BECAUSE', '#EVENTS', 'SINCE'],
          held.map(({ because, events, oldestAt }) => [HELD_BECAUSE[because], String(events), oldestAt]),
        ),
    ...(givenUp === 0 ? [] : [`${eventsWords(givenUp)} given up for lost by two people.`]),
    keys.length === 0
      ? 'No id has been hashed yet: the first makes a key.'
      : table(
          ['KEY', 'SECRET FROM', 'SINCE', 'BY', ''],
          keys.map(({ id, origin, writing, createdAt, createdBy }) => [
            ...[id, origin === 'payload' ? 'payload key' : 'environment', createdAt, createdBy],
            writing ? 'writes' : 'reads',
          ]),
        ),
  ].join('\n\n');
}

export function rotationScreen({ writing, hashed, left }: RotationAnswer): string {
  const rest =
    left === 0
      ? 'None is left.'
      : `${left} are left: run 'handoff crosswalk rotate' no second time; they are hashed when they are seen next.`;
  return `Ids are hashed under key ${writing}. ${hashed} that were there are hashed under it too. ${rest}`;
}
