import type { FiledAnswer, HeldPage } from '../../domain/status/crosswalk-answers';
import { eventsWords, HELD_BECAUSE, HELD_UNTIL } from './held-words';
import { table } from './table';

/** Held events, and what ends each kind of holding that there is among them. */
export function heldScreen({ events, next }: HeldPage, givenUp = false): string {
  if (events.length === 0) return givenUp ? 'Nothing was given up.' : 'Nothing is held.';
  const reasons = [...new Set(events.map(({ because }) => because))];
  return [
    table(
      ['#EVENT', 'TYPE', 'OF', 'AT', 'HELD BECAUSE', 'PATIENT', '#CASE'],
      events.map(({ number, type, source, at, because, patient, case: of, filedUnder }) => [
        ...[number, type ?? 'ids alone', source, at],
        filedUnder === null ? HELD_BECAUSE[because] : `filed under ${filedUnder}`,
        ...[patient ?? '', of ?? ''],
      ]),
    ),
    ...(givenUp ? ['They are held again once their case is reopened.'] : []),
    ...(givenUp ? [] : [reasons.map((because) => `${HELD_BECAUSE[because]}: ${HELD_UNTIL[because]}`).join('\n')]),
    ...(next === null ? [] : [`More are held: '--after ${next}' goes on.`]),
  ].join('\n\n');
}

export function filedScreen({ episode, patient, filed, alreadyFiled, left }: FiledAnswer): string {
  return [
    `${eventsWords(filed)} filed under ${episode} of ${patient}: stored there within seconds, as of when it happened.`,
    ...(alreadyFiled === 0 ? [] : [`${eventsWords(alreadyFiled)} filed there before.`]),
    ...(left === 0
      ? []
      : [
          `${eventsWords(left)} of the id stay held: see 'handoff crosswalk held' for why; where they wait for this episode too, say the same again.`,
        ]),
  ].join('\n');
}
