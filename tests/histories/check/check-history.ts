import type { Recorded, Setting } from '../history';
import { fencedPlacements } from './fenced-placements';
import { indexHistory } from './index-history';
import { keptInOutage } from './kept-in-outage';
import { keptSides } from './kept-sides';
import { keptLeases } from './leases';
import { phasesInOrder } from './phases-in-order';
import { risingSplits } from './rising-splits';
import { keptRoom } from './room';
import { SplitTimeline } from './split-timeline';
import type { Violation } from './violation';

/**
 * Everything in a history that must never be, by I1 to I4, I9 and I14, and by numbers a day and caps. It knows nothing of the product but what
 * whoever asked and commanded was told, and reports only what no order of overlapping entries explains. Its time grows with the
 * entries and their logarithm.
 */
export function checkHistory(history: readonly Recorded[], setting: Setting): Violation[] {
  const index = indexHistory(history, setting);
  const timelines = new Map([...index.splits].map(([key, record]) => [key, new SplitTimeline(record)]));
  return [
    ...keptSides(index),
    ...keptInOutage(index),
    ...fencedPlacements(index, timelines),
    ...[...timelines.values()].flatMap(risingSplits),
    ...keptLeases(index, timelines),
    ...phasesInOrder(index, timelines),
    ...keptRoom(index, timelines),
  ];
}
