import type { CrosswalkChange, CrosswalkPreview } from '../../domain/status/crosswalk-answers';
import { table } from './table';

export function changesScreen({ changes }: { changes: readonly CrosswalkChange[] }): string {
  if (changes.length === 0) return 'Nobody asks for a merge or a split.';
  return table(
    ['#CHANGE', 'WHAT', 'OF', 'TO', 'ASKED BY', 'AT', ''],
    changes.map((one) => [
      ...[one.id, one.change === 'merge' ? 'merge' : `split ${one.vendor ?? ''} ${one.idKind ?? ''}`],
      ...[one.subject, one.unit ?? 'nobody', one.askedBy, one.askedAt],
      one.decidedBy === null ? '' : `${one.state} by ${one.decidedBy}`,
    ]),
  );
}

/** One change, what it touches, and what comes next. */
export function changeScreen(change: CrosswalkChange): string {
  const { id, state, askedBy, decidedBy, reason, preview } = change;
  const what =
    change.change === 'merge'
      ? `${change.subject} becomes ${change.unit ?? ''}`
      : `a ${change.idKind ?? ''} of ${change.vendor ?? ''} is taken off ${change.subject}, and is ${change.unit ?? "nobody's for now"}`;
  const next =
    state === 'asked'
      ? `Somebody else agrees with 'handoff crosswalk approve ${id}', or not with 'handoff crosswalk refuse ${id}'.`
      : `${state} by ${decidedBy ?? ''}.`;
  return [`change ${id}: ${what}`, `asked by ${askedBy}: ${reason}`, ...previewLines(preview), next].join('\n');
}

/** What a change touches. */
export function previewLines({ patients, contradicting, seenTogether, held }: CrosswalkPreview): string[] {
  return [
    ...patients.map(
      ({ key, keys, episodes, vendorIds, openCases }) =>
        `${key}: ${keys} keys, ${episodes} episodes, ${vendorIds} vendor ids, ${openCases} open cases`,
    ),
    ...(contradicting.length === 0
      ? []
      : [
          `In ${contradicting.join(', ')} the two are in the middle of a journey on different sides: each keeps its own, and a case is opened for a person.`,
        ]),
    ...(seenTogether.length === 0
      ? []
      : [
          `Theirs only since they were seen together with an id of theirs, then or later: ${seenTogether.map(({ vendor, kind, ids }) => `${ids} ${kind} of ${vendor}`).join(', ')}. They stay: look at each, and ask to split off what is wrong as well.`,
        ]),
    ...(held === 0 ? [] : [`${held} held ${held === 1 ? 'event is' : 'events are'} judged again.`]),
  ];
}
