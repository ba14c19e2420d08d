import type { Answered, BroughtBack, ExceptionsSeen, Reported } from '../history';
import { splitKey, type IndexedHistory, type UnitRecord } from './index-history';
import { violation, type Violation } from './violation';

/**
 * I1: a side that was answered stays, but for a bringing back of its own cohort, which leaves nobody on target and an exception for each open
 * journey. I9, where it was another cohort that was brought back. Of answers that the record of sides stands behind; the others are
 * kept-in-outage.ts's.
 */
export function keptSides(index: IndexedHistory): Violation[] {
  const twice = exceptionsTwice(index.exceptions);
  return [
    ...twice,
    ...[...index.units.values()].flatMap((unit) => [...changed(index, unit), ...leftBehind(index, unit)]),
  ];
}

function changed(index: IndexedHistory, record: UnitRecord): Violation[] {
  const { answers } = record;
  const towards = (side: Answered['side']): Answered[] => answers.filter((answer) => answer.side === side);
  const legacy = towards('legacy');
  const target = towards('target');
  if (legacy.length === 0 || target.length === 0) return [];
  const violations: Violation[] = [];
  const firstLegacy = legacy.reduce((a, b) => (b.to < a.to ? b : a));
  const back = target.find(({ from }) => from > firstLegacy.to);
  if (back !== undefined) {
    const what = `${record.phase} ${record.unit} went from legacy to target`;
    violations.push(violation('I1', what, [firstLegacy, back]));
  }
  // Of those that were answered target before each answer of legacy, the last one is the hardest to explain.
  const byEnd = [...target].sort((a, b) => a.to - b.to);
  let seen = 0;
  let last: Answered | undefined;
  for (const moved of legacy) {
    for (let next = byEnd[seen]; next !== undefined && next.to < moved.from; next = byEnd[(seen += 1)]) {
      if (last === undefined || next.from > last.from) last = next;
    }
    if (last === undefined) continue;
    const movedBy = bringingsBack(index, last, moved);
    if (movedBy.length === 0) {
      violations.push(unexplained(index, last, moved));
      break;
    }
    violations.push(...withoutException(index, record, last, moved, movedBy));
    break;
  }
  return violations;
}

/** Of the unit's own cohort, those that may have moved it between the two answers. */
function bringingsBack(index: IndexedHistory, before: Answered, after: Answered): BroughtBack[] {
  const all = index.splits.get(splitKey(before.phase, before.cohort))?.broughtBack ?? [];
  return all.filter(({ from, to }) => from < after.to && to > before.from);
}

function unexplained(index: IndexedHistory, before: Answered, after: Answered): Violation {
  const others = [...index.splits.values()].filter(({ phase }) => phase === before.phase);
  const byAnother = others
    .flatMap(({ broughtBack }) => broughtBack)
    .find(({ from, to }) => from < after.to && to > before.from);
  const what = `${before.phase} ${before.unit} went from target to legacy`;
  return byAnother === undefined
    ? violation('I1', `${what}, and nobody brought it back`, [before, after])
    : violation('I9', `${what} when another cohort was brought back`, [before, byAnother, after]);
}

/** One exception for each journey that had been reported before anybody can have brought it back; one at least. */
function withoutException(
  { setting, reports, exceptions, journeysOf }: IndexedHistory,
  { phase, unit }: UnitRecord,
  before: Answered,
  after: Answered,
  movedBy: readonly BroughtBack[],
): Violation[] {
  const seen = exceptions.find(({ from }) => from > after.to);
  if (seen === undefined) return [];
  const kind = setting.phases.find(({ id }) => id === phase)?.unit;
  const named = (report: Reported): boolean =>
    kind === 'episode' || kind === 'patient' || (kind !== undefined && report.named.includes(kind));
  const began = Math.min(...movedBy.map(({ from }) => from));
  const journeys = journeysOf(phase, unit);
  const open = journeys.filter((journey) =>
    (reports.get(journey) ?? []).some((report) => report.to < began && named(report)),
  );
  const episode = (journey: number): string => setting.journeys[journey]?.episode ?? '';
  const opened = new Set(
    seen.exceptions
      .filter((exception) => isBringBack(exception) && exception.phase === phase)
      .map(({ journey }) => journey),
  );
  const missing = open.filter((journey) => !opened.has(episode(journey)));
  const any = opened.has(unit) || journeys.some((journey) => opened.has(episode(journey)));
  if (missing.length === 0 && any) return [];
  const what = `${phase} ${unit} was brought back without an exception for each open journey`;
  return [violation('I1', what, [before, ...movedBy, after])];
}

/** A unit is brought back once: nothing makes a second case of the same journey in the same phase. */
function exceptionsTwice(reads: readonly ExceptionsSeen[]): Violation[] {
  return reads.flatMap((read) => {
    const counts = new Map<string, number>();
    for (const { phase, journey } of read.exceptions.filter(isBringBack)) {
      const key = `${phase ?? ''} ${journey}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts]
      .filter(([, count]) => count > 1)
      .map(([key, count]) => violation('I1', `${count} exceptions of one bringing back: ${key}`, [read]));
  });
}

function isBringBack({ cause }: { cause: string }): boolean {
  return cause.startsWith('bringBack:');
}

/** Whoever is on target under an epoch before the rollback's, asked after all of its cohort were brought back. */
function leftBehind(index: IndexedHistory, { phase, unit, answers, closed, stale }: UnitRecord): Violation[] {
  // A side that is owed from an outage comes into the record when its process is back.
  if (stale.some(({ side }) => side === 'target')) return [];
  return answers
    .filter(({ side }) => side === 'target')
    .flatMap((answer) => {
      const done = (index.splits.get(splitKey(phase, answer.cohort))?.broughtBack ?? []).find(
        ({ to, epoch }) => to < answer.from && epoch > answer.epoch && !closed.some(({ from }) => from < to),
      );
      const what = `${phase} ${unit} is on target after its cohort was brought back`;
      return done === undefined ? [] : [violation('I1', what, [done, answer])];
    })
    .slice(0, 1);
}
