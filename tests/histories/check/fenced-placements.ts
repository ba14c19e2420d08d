import { createHash } from 'node:crypto';
import type { Answered } from '../history';
import { splitKey, type IndexedHistory, type UnitRecord } from './index-history';
import type { SplitTimeline } from './split-timeline';
import { violation, type Violation } from './violation';

/**
 * I2: nobody is placed on target under an epoch that had been answered to be over, under one that takes nobody, or above its share; and a count
 * that was taken after a lowering was answered holds everybody who was placed before it.
 */
export function fencedPlacements(index: IndexedHistory, timelines: ReadonlyMap<string, SplitTimeline>): Violation[] {
  const violations: Violation[] = [];
  const placed = new Map<string, Placed[]>();
  for (const record of index.units.values()) {
    const answer = placedOnTarget(record);
    if (answer === undefined) continue;
    const key = splitKey(record.phase, answer.cohort);
    const timeline = timelines.get(key);
    if (timeline === undefined) continue;
    violations.push(...late(record, answer, timeline), ...notTaken(index, record, answer, timeline));
    const others = placed.get(key);
    if (others === undefined) placed.set(key, [{ record, answer }]);
    else others.push({ record, answer });
  }
  for (const [key, timeline] of timelines) violations.push(...uncounted(placed.get(key) ?? [], timeline));
  return violations;
}

interface Placed {
  record: UnitRecord;
  answer: Answered;
}

/** An answer of a unit that was placed on target by a split; undefined where it was not, or where an outage may have decided. */
export function placedOnTarget({ answers, stale }: UnitRecord): Answered | undefined {
  if (stale.some(({ side }) => side === 'target')) return undefined;
  return answers.find(({ side, epoch }) => side === 'target' && epoch > 0);
}

function late(record: UnitRecord, answer: Answered, timeline: SplitTimeline): Violation[] {
  const over = timeline.over(answer.epoch);
  if (over === undefined || over.to >= record.firstAsked) return [];
  const what = `${record.phase} ${record.unit} was placed on target under epoch ${answer.epoch}, which was over`;
  return [violation('I2', what, [over.entry, answer])];
}

function notTaken(
  { setting }: IndexedHistory,
  record: UnitRecord,
  answer: Answered,
  timeline: SplitTimeline,
): Violation[] {
  const [telling] = timeline.told(answer.epoch);
  if (telling === undefined) return [];
  const { share, mode } = telling.split;
  if (mode === 'committed') return [];
  const what = `${record.phase} ${record.unit} was placed on target under epoch ${answer.epoch}`;
  if (mode === 'returning' || share === 0) {
    return [violation('I2', `${what}, which takes nobody`, [telling.entry, answer])];
  }
  if (setting.salt === null) return [];
  const bucket = bucketOf(setting.salt, record.unit);
  return bucket < share
    ? []
    : [violation('I2', `${what}, above its share (bucket ${bucket})`, [telling.entry, answer])];
}

/** As the product documents its buckets, written down here a second time. */
function bucketOf(salt: string, unit: string): number {
  return createHash('sha256').update(`${salt}:${unit}`).digest().readUIntBE(0, 6) % 100_000;
}

/** Those who were placed while a lowering was under way, and are not in the count that came after it. */
function uncounted(placed: readonly Placed[], { record }: SplitTimeline): Violation[] {
  if (record.counted.length === 0 || placed.length === 0) return [];
  const epochs = placed.map(({ answer }) => answer.epoch).sort((a, b) => a - b);
  return record.counted.flatMap((count) => {
    // Whoever was brought back is in no count any more.
    if (record.broughtBack.some(({ from }) => from < count.to)) return [];
    const over = record.tellings.findLast(({ to }) => to < count.from);
    if (over === undefined) return [];
    const before = below(epochs, over.split.epoch);
    if (before <= count.target) return [];
    const what = `${before} were placed on target under epochs before ${over.split.epoch}, and ${count.target} of them by the time that it was in force`;
    return [violation('I2', `${record.phase} ${record.cohort}: ${what}`, [over.entry, count])];
  });
}

function below(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
