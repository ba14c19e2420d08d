import type { FoundPatient, PatientStanding } from '../../domain/status/patient-standing';
import { table } from './table';

/** Whom an id led to, and where they stand. */
export function foundScreen({ found, patient }: FoundPatient): string {
  const ids = found.map(({ vendor, kind, names, linkedTo, held }) => {
    const of = linkedTo === null ? 'nobody knows whose it is' : `${names} ${linkedTo}`;
    const waits = held === 0 ? '' : `; ${held} ${held === 1 ? 'event waits' : 'events wait'} for it`;
    return `${vendor} ${kind}: ${of}${waits}`;
  });
  const whose =
    patient === null ? ["Link it with 'handoff link' where you know whose it is."] : [standingScreen(patient)];
  return [...ids, ...whose].join('\n\n');
}

/** Where a patient stands: what to say first, then sides, episodes, what is waited for, cases, and where vendors show them. */
export function standingScreen(standing: PatientStanding): string {
  const { patient, keys, say, sides, episodes, nextSteps, cases, vendorIds } = standing;
  const others = keys.filter((key) => key !== patient);
  const parts = [
    [`patient ${patient}`, ...(others.length === 0 ? [] : [`also ${others.join(', ')}`])].join('\n'),
    say.join('\n'),
    rows(
      ['EPISODE', 'STAGE', 'SINCE', 'OWNER', 'LAST', ''],
      episodes.map((one) => [
        ...[one.episode, one.stage ?? '?', one.stageSince ?? '', one.owner ?? ''],
        one.lastEvent === null ? '' : `${one.lastEvent.type} ${one.lastEvent.at}`,
        one.open ? 'open' : 'closed',
      ]),
    ),
    rows(
      ['PHASE', 'SIDE', 'UNIT', 'COHORT', ''],
      sides.map(({ phase, side, unit, cohort, closedAt }) => [
        ...[phase, side, unit, cohort ?? ''],
        closedAt === null ? '' : 'closed',
      ]),
    ),
    rows(
      ['WAITED FOR', 'BY', 'OWNER', 'SIDE', ''],
      nextSteps.map(({ expects, dueAt, owner, side, overdue }) => [
        ...[expects.join(' or '), dueAt, owner ?? '', side],
        overdue ? 'overdue' : '',
      ]),
    ),
    rows(
      ['#CASE', 'QUEUE', 'OWNER', 'DUE', ''],
      cases.map(({ id, queue, owner, assignedTo, dueAt, overdue }) => [
        ...[id, queue, assignedTo ?? owner, dueAt],
        overdue ? 'overdue' : '',
      ]),
    ),
    rows(
      ['SYSTEM', 'KIND', 'NAMES', 'PAGE'],
      vendorIds.map(({ vendor, kind, unit, names, page }) => [vendor, kind, unit ?? names, page ?? '']),
    ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function rows(headings: readonly string[], of: readonly string[][]): string {
  return of.length === 0 ? '' : table(headings, of);
}
