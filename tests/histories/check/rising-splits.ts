import type { SplitCommanded, SplitTold } from '../history';
import type { SplitTimeline } from './split-timeline';
import type { Telling } from './index-history';
import { violation, type Violation } from './violation';

/** The recorder's clock and the database's are the machine's; the one tells whole milliseconds. */
export const CLOCK_GRAIN = 1;

/**
 * I3: a split changes only by a command on evidence of the epoch that was in force, never goes back, and never rises while a lowering is not
 * answered; a late or repeated command is never answered as done anew. I4: a lease that ran out is not revived. I9: no split falls
 * because of another.
 */
export function risingSplits(timeline: SplitTimeline): Violation[] {
  return [
    ...timeline.record.commands.flatMap((command) => notByTheCurrent(command, timeline)),
    ...timeline.toldEpochs().flatMap((epoch) => [...otherwise(epoch, timeline), ...backwards(epoch, timeline)]),
    ...unexplained(timeline),
    ...whileLowering(timeline),
    ...revived(timeline),
  ];
}

function named({ record }: SplitTimeline): string {
  return `${record.phase} ${record.cohort}`;
}

function notByTheCurrent(command: SplitCommanded, timeline: SplitTimeline): Violation[] {
  if (command.outcome.is !== 'done' || command.expectedEpoch === null) return [];
  const { split } = command.outcome;
  const what = `${named(timeline)}: a command on evidence of epoch ${command.expectedEpoch}`;
  if (split.epoch !== command.expectedEpoch + 1) {
    return [violation('I3', `${what} gave epoch ${split.epoch}`, [command])];
  }
  if (!sameContent(split, command)) return [violation('I3', `${what} did something else`, [command])];
  const over = timeline.over(split.epoch);
  if (over === undefined || over.to >= command.from) return [];
  return [violation('I3', `${what} was answered as done when its epoch was over`, [over.entry, command])];
}

type Content = Pick<SplitTold, 'share' | 'perDay' | 'maxOpen' | 'mode'>;

function sameContent(a: Content, b: Content): boolean {
  return a.share === b.share && a.perDay === b.perDay && a.maxOpen === b.maxOpen && a.mode === b.mode;
}

/** One epoch is one content. */
function otherwise(epoch: number, timeline: SplitTimeline): Violation[] {
  const [first, ...others] = timeline.told(epoch);
  const other = first && others.find(({ split }) => !sameContent(split, first.split));
  if (other === undefined) return [];
  return [violation('I3', `${named(timeline)}: epoch ${epoch} was told in two ways`, [first?.entry, other.entry])];
}

function backwards(epoch: number, timeline: SplitTimeline): Violation[] {
  const over = timeline.over(epoch);
  const again = over && timeline.told(epoch).find(({ from }) => from > over.to);
  if (over === undefined || again === undefined) return [];
  return [violation('I3', `${named(timeline)} went back to epoch ${epoch}`, [over.entry, again.entry])];
}

/** Every epoch after the first is somebody's: of a command, of a lease that ran out. */
function unexplained(timeline: SplitTimeline): Violation[] {
  const { record } = timeline;
  const latest = record.tellings.at(-1)?.split.epoch ?? 0;
  const done = new Set(record.commands.flatMap(({ outcome }) => (outcome.is === 'done' ? [outcome.split.epoch] : [])));
  for (const { split } of record.lapses) done.add(split.epoch);
  const earliest = record.tellings[0]?.split.epoch ?? 0;
  for (let epoch = Math.max(2, earliest + 1); epoch <= latest; epoch += 1) {
    if (done.has(epoch)) continue;
    const [told] = timeline.told(epoch);
    const after = timeline.lastBefore(epoch)?.from ?? 0;
    const before = timeline.reached(epoch)?.to ?? Number.POSITIVE_INFINITY;
    const byCommand = record.commands.some(
      (command) =>
        command.outcome.is === 'unknown' &&
        (command.expectedEpoch === null || command.expectedEpoch + 1 === epoch) &&
        command.from < before &&
        command.to > after &&
        (told === undefined || sameContent(told.split, command)),
    );
    if (byCommand || mayHaveLapsed(epoch, told, timeline, before)) continue;
    const shown = [timeline.lastBefore(epoch)?.entry, (told ?? timeline.reached(epoch))?.entry];
    const rose = told !== undefined && told.split.share > 0;
    const what = `${named(timeline)}: epoch ${epoch} came from no command`;
    return [violation(rose ? 'I3' : 'I9', what, shown)];
  }
  return [];
}

/** Whether the epoch may be the fallback of the one before it. */
function mayHaveLapsed(epoch: number, told: Telling | undefined, timeline: SplitTimeline, before: number): boolean {
  if (told !== undefined && told.split.share > 0) return false;
  const ranOut = timeline.ranOut(epoch - 1);
  if (ranOut !== undefined && ranOut.from < before) return true;
  const end = timeline.toldLeaseEnd(epoch - 1);
  // What was never told may have had any lease.
  if (end === undefined) return timeline.told(epoch - 1).length === 0;
  const seenAt = (told ?? timeline.reached(epoch))?.split.at;
  return seenAt === undefined || end <= seenAt + CLOCK_GRAIN;
}

/** A rollback that is not answered yet may still be answered from some process's memory: nothing rises under it. */
function whileLowering(timeline: SplitTimeline): Violation[] {
  const { commands, tellings } = timeline.record;
  // Repeated, it was answered when it was answered first.
  const firstAnswered = new Map<number, SplitCommanded>();
  for (const command of commands) {
    if (command.outcome.is !== 'done' || !isLowering(command.cause)) continue;
    const { epoch } = command.outcome.split;
    const known = firstAnswered.get(epoch);
    if (known === undefined || command.to < known.to) firstAnswered.set(epoch, command);
  }
  return [...firstAnswered].flatMap(([epoch, command]) => {
    const first = timeline.over(epoch);
    if (first === undefined || first.to >= command.to) return [];
    const risen = tellings.find(
      ({ split, to }) =>
        split.epoch > epoch && to < command.to && (split.share > command.share || split.mode === 'committed'),
    );
    if (risen === undefined) return [];
    return [violation('I3', `${named(timeline)} rose before its lowering was answered`, [command, risen.entry])];
  });
}

function isLowering(cause: SplitCommanded['cause']): boolean {
  return cause === 'lowered' || cause === 'rollback' || cause === 'stopped';
}

function revived(timeline: SplitTimeline): Violation[] {
  return timeline.record.tellings.flatMap(({ split, from, entry }) => {
    const end = timeline.ranOut(split.epoch);
    if (end === undefined || end.to >= from || split.leaseUntil === null || split.leaseUntil <= split.at) return [];
    return [violation('I4', `${named(timeline)}: the lease of epoch ${split.epoch} was revived`, [end, entry])];
  });
}
