import type { DoctorReport } from '../../domain/status/doctor';
import { eventsWords } from './held-words';
import { table } from './table';

/** Each handoff's account, then each check: ok, or what is wrong and what to do. */
export function doctorScreen({ handoffs, checks, vendorEvents: { held, givenUp }, reusedIds }: DoctorReport): string {
  const accounts = handoffs.map(({ handoff, ...of }) => [
    handoff,
    ...[of.eligible, of.kept, of.missed, of.released, of.open, of.refused].map(String),
  ]);
  return [
    ...(handoffs.length === 0
      ? ['No handoff has started.']
      : [table(['HANDOFF', 'ELIGIBLE', 'KEPT', 'MISSED', 'RELEASED', 'OPEN', 'REFUSED'], accounts)]),
    '',
    table(
      ['', 'CHECK', 'FOUND', ''],
      checks.map(({ ok, check, found, say }) => [ok ? 'ok' : 'WRONG', check, ok ? '' : String(found), say]),
    ),
    ...(held === 0 ? [] : [`${eventsWords(held)} of vendors held: 'handoff crosswalk held' lists them.`]),
    ...(givenUp === 0
      ? []
      : [
          `${eventsWords(givenUp)} of vendors given up for lost by two people: 'handoff crosswalk held --given-up' lists them.`,
        ]),
    ...reusedIds.map(
      ({ source, ids, times }) => `${source} gave ${ids} ids to two events; the others came ${times} times.`,
    ),
  ].join('\n');
}
