import type { Answered } from '../history';
import { placedOnTarget } from './fenced-placements';
import { splitKey, type IndexedHistory, type UnitRecord } from './index-history';
import type { SplitTimeline } from './split-timeline';
import { violation, type Violation } from './violation';

/** Nobody is taken past a number a day or a cap on those who are open, nor on target who was told that there was no room. */
export function keptRoom(index: IndexedHistory, timelines: ReadonlyMap<string, SplitTimeline>): Violation[] {
  const taken = new Map<string, Taken[]>();
  const violations: Violation[] = [];
  for (const record of index.units.values()) {
    violations.push(...overflow(record));
    const first = firstAnswerByShare(record);
    if (first === undefined) continue;
    const key = splitKey(record.phase, first.cohort);
    const others = taken.get(key);
    if (others === undefined) taken.set(key, [{ record, first }]);
    else others.push({ record, first });
  }
  for (const [key, units] of taken) {
    const timeline = timelines.get(key);
    if (timeline !== undefined) violations.push(...overfullDays(units, timeline), ...overfullCohort(units, timeline));
  }
  return violations;
}

interface Taken {
  record: UnitRecord;
  /** The answer by which it was first known to be on target. */
  first: Answered;
}

/** Undefined where nobody heard the answer that placed it: then its day is not known. */
function firstAnswerByShare(record: UnitRecord): Answered | undefined {
  if (placedOnTarget(record) === undefined) return undefined;
  const target = record.answers.filter(({ side }) => side === 'target');
  return target.reduce((a, b) => (b.to < a.to ? b : a));
}

function overflow({ phase, unit, answers }: UnitRecord): Violation[] {
  const full = answers.find(({ why }) => why === 'dayFull' || why === 'openFull');
  const target = full && answers.find(({ side }) => side === 'target');
  if (target === undefined) return [];
  const invariant = full?.why === 'dayFull' ? 'perDay' : 'maxOpen';
  return [violation(invariant, `${phase} ${unit} was one too many, and is on target`, [full, target])];
}

function overfullDays(units: readonly Taken[], timeline: SplitTimeline): Violation[] {
  const counts = new Map<string, Answered[]>();
  for (const { record } of units) {
    const answer = record.answers.find(({ why }) => why === 'inShare');
    if (answer === undefined) continue;
    const key = `${answer.epoch} ${answer.day}`;
    counts.set(key, [...(counts.get(key) ?? []), answer]);
  }
  return [...counts.values()].flatMap((answers) => {
    const [telling] = timeline.told(answers[0]?.epoch ?? 0);
    const perDay = telling?.split.perDay ?? null;
    if (perDay === null || answers.length <= perDay) return [];
    const what = `${timeline.record.phase} ${timeline.record.cohort}: ${answers.length} of ${perDay} on one day`;
    return [violation('perDay', what, [telling?.entry, ...answers])];
  });
}

/**
 * Of an epoch with a cap, each who was taken under it: how many of the cohort, of that and of earlier epochs, had been answered `target` by
 * then, and nobody had begun to close or to bring back. In one pass by time.
 */
function overfullCohort(units: readonly Taken[], timeline: SplitTimeline): Violation[] {
  const caps = timeline.toldEpochs().some((epoch) => (timeline.told(epoch)[0]?.split.maxOpen ?? null) !== null);
  if (!caps) return [];
  const firstReturn = Math.min(...timeline.record.broughtBack.map(({ from }) => from));
  const byAnswer = [...units].sort((a, b) => a.first.to - b.first.to);
  const open: Taken[] = [];
  for (const one of byAnswer) {
    const { first } = one;
    if (first.to > firstReturn) return [];
    open.push(one);
    const [telling] = timeline.told(first.epoch);
    const maxOpen = telling?.split.maxOpen ?? null;
    if (maxOpen === null || first.why !== 'inShare') continue;
    const there = open.filter(
      (other) => other.first.epoch <= first.epoch && !other.record.closed.some(({ from }) => from < first.to),
    );
    if (there.length <= maxOpen) continue;
    const what = `${timeline.record.phase} ${timeline.record.cohort}: ${there.length} of ${maxOpen} are open`;
    return [violation('maxOpen', what, [telling?.entry, ...there.map(({ first: answer }) => answer)])];
  }
  return [];
}
