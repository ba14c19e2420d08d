import type { WhoMoves } from '../../domain/sides/who-moves';
import { unreachable } from '../../domain/unreachable';
import { inFlightTable } from './preview-screen';
import { percent } from './status-words';
import { table } from './table';

type Cohort = WhoMoves['cohorts'][number];

/** What a change of a phase's splits would do, and that it moves nobody who has a side. */
export function whoMovesScreen(answer: WhoMoves): string {
  const { phase, unit, to, window, cohorts, noCohort } = answer;
  const days = Number(window.days.toFixed(1));
  return [
    `${phase}, to ${sizeText(to)} of the ${unit}s that arrive. Reckoned from the arrivals of ${days} days, since ${window.from}.`,
    '',
    table(
      ['COHORT', 'NOW AT', '#ARRIVE A DAY', '#TO TARGET NOW', '#THEN', '#ON LEGACY', '#ON TARGET', '#MOVE'],
      cohorts.map(row),
    ),
    ...cohorts.flatMap(notes),
    ...(noCohort === 0
      ? []
      : [`${noCohort} of those who arrived are in no cohort, and stay on legacy whatever the share.`]),
    '',
    placedText(cohorts),
    ...cohorts.flatMap(peopleText),
    'Nothing was changed.',
  ].join('\n');
}

function row({ cohort, from, arrivals, toTarget, placed }: Cohort): string[] {
  return [
    cohort,
    from === null ? '-' : sizeText(from),
    arrivals.perDay === null ? '?' : about(arrivals.perDay),
    ...(toTarget === null ? ['?', '?'] : [about(toTarget.now), about(toTarget.then)]),
    ...[String(placed.legacy), String(placed.target), String(placed.move)],
  ];
}

function notes({ cohort, standing, arrivals, heldBackBy }: Cohort): string[] {
  const standingNote = standingText(standing);
  return [
    ...(standingNote === undefined ? [] : [`${cohort}: ${standingNote}`]),
    ...(arrivals.tooLittle === null
      ? []
      : [`${cohort}: too little history to say how many a day; ${arrivals.tooLittle} (${arrivals.count} so far).`]),
    ...(heldBackBy === null || standing === 'staysOnLegacy'
      ? []
      : [
          `${cohort}: fewer than that, since who is on legacy in ${heldBackBy.phase} (at ${percent(heldBackBy.share)}) stays there.`,
        ]),
  ];
}

function standingText(standing: Cohort['standing']): string | undefined {
  switch (standing) {
    case 'open':
      return undefined;
    case 'notBegun':
      return 'its split is not opened yet, so everyone goes to legacy now.';
    case 'returning':
      return 'people are being brought back, and nobody goes to target meanwhile.';
    case 'unattended':
      return 'nobody controls its split at present, so everyone goes to legacy now.';
    case 'committed':
      return 'it is committed: everyone goes to target, and no share changes that.';
    case 'staysOnLegacy':
      return 'the plan leaves it on legacy.';
    default:
      return unreachable(standing);
  }
}

/** What a record of sides is for. */
function placedText(cohorts: readonly Cohort[]): string {
  const sum = (count: (one: Cohort) => number): number => cohorts.reduce((total, one) => total + count(one), 0);
  const placed = sum(({ placed: { legacy, target } }) => legacy + target);
  const looked = sum(({ placed: { byHashAlone } }) => byHashAlone?.looked ?? 0);
  const flipped = sum(({ placed: { byHashAlone } }) => byHashAlone?.flipped ?? 0);
  const hash =
    looked === 0 ? '' : ` A hash alone would have told ${flipped} of the last ${looked} another side than they have.`;
  return `${placed} have a side already, and keep it: a change of share moves 0 of them.${hash}`;
}

function peopleText({ cohort, inFlight, ifRolledBack }: Cohort): string[] {
  if (inFlight.length === 0) return [];
  const heading =
    ifRolledBack === null
      ? `${cohort}, in the middle of a journey on target:`
      : `${cohort}, in the middle of a journey on target. They stay; this is what a rollback of the cohort would do instead:`;
  const lines = ifRolledBack === null ? [peopleTable(inFlight)] : [inFlightTable(ifRolledBack)];
  return ['', heading, ...lines];
}

function peopleTable(counts: Cohort['inFlight']): string {
  return table(
    ['IN FLIGHT', '#NOW', '#WAITING'],
    counts.map(({ milestone, before }) => [
      milestone ?? 'short of every milestone',
      ...[String(before.onTarget), String(before.waiting)],
    ]),
  );
}

function sizeText({ share, perDay }: WhoMoves['to']): string {
  return perDay === null ? percent(share) : `${perDay} a day`;
}

function about(count: number): string {
  return String(Number(count.toFixed(count < 10 ? 1 : 0)));
}
