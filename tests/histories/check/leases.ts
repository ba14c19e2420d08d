import type { IndexedHistory } from './index-history';
import { splitKey } from './index-history';
import { placedOnTarget } from './fenced-placements';
import { CLOCK_GRAIN } from './rising-splits';
import type { SplitTimeline } from './split-timeline';
import { violation, type Violation } from './violation';

/** I4: nobody who is asked for after the lease of an epoch is over is placed on target under it. */
export function keptLeases(index: IndexedHistory, timelines: ReadonlyMap<string, SplitTimeline>): Violation[] {
  return [...index.units.values()].flatMap((record) => {
    const answer = placedOnTarget(record);
    const timeline = answer && timelines.get(splitKey(record.phase, answer.cohort));
    const [telling] = timeline?.told(answer?.epoch ?? 0) ?? [];
    if (answer === undefined || timeline === undefined || telling === undefined) return [];
    if (telling.split.mode === 'committed') return [];
    const what = `${record.phase} ${record.unit} was placed on target under epoch ${answer.epoch} when its lease was over`;
    const ranOut = timeline.ranOut(answer.epoch);
    if (ranOut !== undefined && ranOut.to < record.firstAsked) return [violation('I4', what, [ranOut, answer])];
    const end = timeline.leaseEnd(answer.epoch);
    if (end === undefined || record.firstAskedAt <= end + CLOCK_GRAIN) return [];
    return [violation('I4', what, [telling.entry, answer])];
  });
}
