import type { Answered, ExceptionsSeen } from '../history';
import { splitKey, type IndexedHistory, type UnitRecord } from './index-history';
import { violation, type Violation } from './violation';

/**
 * I1 in an outage. A process that is out of reach of the record goes on with the side that it knows; whoever it does not know is on legacy,
 * unless the cohort may be past its point of no return, and stays there when the process is back. The record may say otherwise only where
 * another process wrote it before, or at the same time; then there is an exception. What a process owed that never came back is lost.
 */
export function keptInOutage(index: IndexedHistory): Violation[] {
  return [...index.units.values()].flatMap((record) =>
    record.stale.length === 0 ? [] : record.stale.flatMap((answer) => judged(index, record, answer)).slice(0, 1),
  );
}

function judged(index: IndexedHistory, record: UnitRecord, stale: Answered): Violation[] {
  const where = `${record.phase} ${record.unit}`;
  const known = lastKnown(record, stale);
  if (known !== undefined) {
    if (known.side === stale.side || mayHaveChanged(index, record, known, stale)) return [];
    // Who is on target may be forgotten, since they could be brought back; then it is as if another process had known.
    if (known.side === 'legacy' || known.stale) {
      const what = `${where} was answered another side than its process knew, out of reach`;
      return [violation('I1', what, [known, stale])];
    }
  }
  if (stale.side === 'target' && !mayBeOnTarget(index, record, stale)) {
    const what = `${where} is not known to its process, and went to target out of reach`;
    return [violation('I1', what, [stale])];
  }
  if (index.declaredDead.some(({ process }) => process === stale.process.id)) return [];
  // Whatever the record says when its process is back.
  const otherwise = record.answers.find(({ side, from }) => side !== stale.side && from > stale.to);
  if (otherwise === undefined) return [];
  // Nobody else had asked for it before: while its process was away, nobody new went to target.
  const others = [...record.answers, ...record.unanswered, ...record.stale];
  const alone =
    known === undefined && others.every(({ from, process }) => from > stale.to || sameStart(process, stale.process));
  if (
    alone &&
    stale.side === 'legacy' &&
    otherwise.why !== 'committed' &&
    !mayHaveCommitted(index, record, otherwise)
  ) {
    return [violation('I1', `${where} went to target after it was answered legacy out of reach`, [stale, otherwise])];
  }
  const seen = index.exceptions.find(({ from }) => from > otherwise.to);
  if (seen === undefined || hasException(index, record, seen)) return [];
  const what = `${where} was answered two sides in an outage, and there is no exception`;
  return [violation('I1', what, [stale, otherwise])];
}

/** What this start of the process had answered last; undefined where it had answered nothing, or the unit may have been closed since. */
function lastKnown({ answers, stale, closed }: UnitRecord, answer: Answered): Answered | undefined {
  const before = [...answers, ...stale].filter(
    ({ to, process }) => to < answer.from && sameStart(process, answer.process),
  );
  const last = before.reduce<Answered | undefined>((a, b) => (a !== undefined && a.to > b.to ? a : b), undefined);
  return last !== undefined && closed.some(({ from }) => from < answer.to) ? undefined : last;
}

function mayHaveChanged({ splits }: IndexedHistory, { phase }: UnitRecord, known: Answered, now: Answered): boolean {
  const { broughtBack = [] } = splits.get(splitKey(phase, known.cohort)) ?? {};
  return broughtBack.some(({ from, to }) => from < now.to && to > known.from);
}

/** Some process may have placed it there before, or its cohort is past its point of no return. */
function mayBeOnTarget(index: IndexedHistory, record: UnitRecord, stale: Answered): boolean {
  const asked = [...record.answers, ...record.unanswered, ...record.stale];
  return asked.some((other) => other !== stale && other.from < stale.to) || mayHaveCommitted(index, record, stale);
}

function mayHaveCommitted({ splits }: IndexedHistory, { phase }: UnitRecord, answer: Answered): boolean {
  return [...splits.values()].some(
    (split) =>
      split.phase === phase && split.commands.some(({ mode, from }) => mode === 'committed' && from < answer.to),
  );
}

function hasException(
  { setting, journeysOf }: IndexedHistory,
  { phase, unit }: UnitRecord,
  seen: ExceptionsSeen,
): boolean {
  const journeys = new Set([unit, ...journeysOf(phase, unit).map((journey) => setting.journeys[journey]?.episode)]);
  return seen.exceptions.some((exception) => exception.phase === phase && journeys.has(exception.journey));
}

function sameStart(a: { id: string; start: number }, b: { id: string; start: number }): boolean {
  return a.id === b.id && a.start === b.start;
}
