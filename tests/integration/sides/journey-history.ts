import type { Side } from '../../../domain/sides/side';
import type { UnitKind } from '../../../domain/sides/units';

/**
 * What was asked, answered and done, as whoever asked and did it saw it. `from` and `to` number the moments when each began and ended,
 * in the order of one clock: of two that overlap nobody knows which came first.
 */
interface Moment {
  from: number;
  to: number;
}

export interface Answered extends Moment {
  kind: 'answered';
  journey: number;
  phase: string;
  unit: string;
  /** The kinds of unit that the question named, beside its own. */
  named: readonly UnitKind[];
  side: Side;
  why: string;
  cohort: string;
  epoch: number;
  /** Of the plan. */
  day: number;
}

/** The split that was put into force; `epoch` as the write gave it. */
export interface SplitWritten extends Moment {
  kind: 'splitWritten';
  phase: string;
  cohort: string;
  epoch: number;
  perDay: number | null;
  maxOpen: number | null;
}

/** Everybody of a cohort was brought back. */
export interface BroughtBack extends Moment {
  kind: 'broughtBack';
  phase: string;
  cohort: string;
}

/** An event of the journey was stored that names its units of those kinds; it always names episode and patient. */
export interface Reported extends Moment {
  kind: 'reported';
  journey: number;
  named: readonly UnitKind[];
}

export interface Closed extends Moment {
  kind: 'closed';
  phase: string;
  unit: string;
}

export type Recorded = Answered | SplitWritten | BroughtBack | Reported | Closed;

/** The phases in the plan's order, and the keys of each journey. */
export interface Setting {
  phases: readonly { id: string; unit: UnitKind }[];
  journeys: readonly Readonly<Record<UnitKind, string>>[];
}

const isAnswer = (entry: Recorded): entry is Answered => entry.kind === 'answered';

/** I1: a side that was answered stays, but for a bringing back; and nothing ever brings anybody from legacy to target. */
export function changedSides(history: readonly Recorded[]): string[] {
  const answers = history.filter(isAnswer);
  return answers.flatMap((later) =>
    answers
      .filter((earlier) => earlier.to < later.from && sameUnit(earlier, later) && earlier.side !== later.side)
      .filter((earlier) => later.side === 'target' || !mayHaveMoved(history, earlier, later))
      .map(
        (earlier) => `${later.phase} ${later.unit}: ${earlier.side} at ${earlier.to}, ${later.side} at ${later.from}`,
      ),
  );
}

function mayHaveMoved(history: readonly Recorded[], { phase, cohort }: Answered, before: Answered): boolean {
  return history.some(
    (entry) =>
      entry.kind === 'broughtBack' && entry.phase === phase && entry.cohort === cohort && entry.from < before.to,
  );
}

function sameUnit(a: Answered, b: Answered): boolean {
  return a.phase === b.phase && a.unit === b.unit;
}

/**
 * I14: journeys that were answered `legacy` in a phase and then, for the first time and with that known, `target` in a later one, with no phase
 * between them that had them on target. Only what is certain: where answers overlap, either order may be the true one.
 */
export function ranAhead(history: readonly Recorded[], setting: Setting): string[] {
  const onTarget = history.filter(isAnswer).filter(({ side }) => side === 'target');
  const violations: string[] = [];
  for (const [key, answers] of groupBy(onTarget, ({ phase, unit }) => `${phase} ${unit}`)) {
    const firstKnown = Math.min(...answers.map(({ to }) => to));
    // Whichever of these was first wrote the side down.
    const candidates = answers.filter(({ from }) => from <= firstKnown);
    const comesFrom = candidates.map((answer) => heldBackBy(history, setting, answer));
    if (comesFrom.every((phase) => phase !== undefined)) violations.push(`${key} after legacy in ${comesFrom.join()}`);
  }
  return violations;
}

/** The phase whose answer should have kept this one on legacy; undefined where none certainly should have. */
function heldBackBy(history: readonly Recorded[], { phases, journeys }: Setting, answer: Answered): string | undefined {
  const at = phases.findIndex(({ id }) => id === answer.phase);
  const own = phases[at]?.unit;
  const reports = history.filter((entry): entry is Reported => entry.kind === 'reported');
  const ofJourney = reports.filter(({ journey }) => journey === answer.journey);
  if (ofJourney.some(({ from, to }) => from < answer.to && to > answer.from)) return undefined;
  const told = ofJourney.filter(({ to }) => to < answer.from);
  const linked =
    own === 'episode' ||
    answer.named.includes('episode') ||
    told.some(({ named }) => own !== undefined && names(named, own));
  for (const { id, unit: kind } of phases.slice(0, at).reverse()) {
    const known =
      kind === own || answer.named.includes(kind) || (linked && told.some(({ named }) => names(named, kind)));
    if (!known) continue;
    const there = history
      .filter(isAnswer)
      .filter(({ phase, unit }) => phase === id && unit === journeys[answer.journey]?.[kind]);
    if (there.some(({ from, to }) => from < answer.to && to > answer.from)) return undefined;
    const last = there.filter(({ to }) => to < answer.from).sort((a, b) => b.to - a.to)[0];
    if (last !== undefined) return last.side === 'legacy' ? id : undefined;
  }
  return undefined;
}

function names(named: readonly UnitKind[], kind: UnitKind): boolean {
  return kind === 'episode' || kind === 'patient' || named.includes(kind);
}

/** Splits that took more on one day than they were allowed to, counted by whom they answered. */
export function overfullDays(history: readonly Recorded[]): string[] {
  return newOnTarget(history).flatMap(([key, answers]) => {
    const { perDay } = splitOf(history, answers[0]) ?? { perDay: null };
    if (perDay === null) return [];
    return [...groupBy(answers, ({ day }) => String(day))]
      .filter(([, taken]) => new Set(taken.map(({ unit }) => unit)).size > perDay)
      .map(([day, taken]) => `${key}: ${taken.length} of ${perDay} on day ${day}`);
  });
}

/**
 * Splits that took somebody while as many as allowed were open already: those of them and of earlier epochs who had been answered `target`, and
 * whom nobody had begun to close or to bring back.
 */
export function overfullCohorts(history: readonly Recorded[]): string[] {
  return newOnTarget(history).flatMap(([key, answers]) =>
    answers.flatMap((answer) => {
      const { maxOpen } = splitOf(history, answer) ?? { maxOpen: null };
      if (maxOpen === null) return [];
      const open = new Set(
        history
          .filter(isAnswer)
          .filter(({ phase, cohort, side }) => phase === answer.phase && cohort === answer.cohort && side === 'target')
          .filter(({ to, epoch }) => to <= answer.to && epoch <= answer.epoch)
          .map(({ unit }) => unit)
          .filter((unit) => !mayHaveLeft(history, answer, unit)),
      );
      return open.size > maxOpen ? [`${key}: ${open.size} of ${maxOpen} open at ${answer.to}`] : [];
    }),
  );
}

function mayHaveLeft(history: readonly Recorded[], { phase, cohort, to }: Answered, unit: string): boolean {
  return history.some(
    (entry) =>
      entry.from < to &&
      ((entry.kind === 'closed' && entry.phase === phase && entry.unit === unit) ||
        (entry.kind === 'broughtBack' && entry.phase === phase && entry.cohort === cohort)),
  );
}

/** Those who were refused for want of room, and were on target all the same. */
export function overflowOnTarget(history: readonly Recorded[]): string[] {
  const answers = history.filter(isAnswer);
  return answers
    .filter(({ why }) => why === 'dayFull' || why === 'openFull')
    .filter(
      (full) => full.side === 'target' || answers.some((other) => sameUnit(full, other) && other.side === 'target'),
    )
    .map(({ phase, unit, why }) => `${phase} ${unit}: ${why}`);
}

/** Answers that took somebody new by share, by the epoch of the split that took them. */
function newOnTarget(history: readonly Recorded[]): [string, Answered[]][] {
  const taken = history.filter(isAnswer).filter(({ side, why }) => side === 'target' && why === 'inShare');
  return [...groupBy(taken, ({ phase, cohort, epoch }) => `${phase}/${cohort}/${epoch}`)];
}

function splitOf(history: readonly Recorded[], answer: Answered | undefined): SplitWritten | undefined {
  return history.find(
    (entry): entry is SplitWritten =>
      entry.kind === 'splitWritten' &&
      entry.phase === answer?.phase &&
      entry.cohort === answer.cohort &&
      entry.epoch === answer.epoch,
  );
}

function groupBy<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
