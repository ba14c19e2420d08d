import type { UnitKind } from '../../../domain/sides/units';
import type { Answered, Recorded, Reported } from '../history';
import { placedOnTarget } from './fenced-placements';
import { splitKey, unitKey, type IndexedHistory, type UnitRecord } from './index-history';
import type { SplitTimeline } from './split-timeline';
import { violation, type Violation } from './violation';

/**
 * I14: nobody whose journey was answered `legacy` in a phase goes to target, for the first time and with that known, in a later one, with no
 * phase between them that has them on target; nor behind a phase that nobody controls. Only what is certain: where answers overlap,
 * either order may be the true one.
 */
export function phasesInOrder(index: IndexedHistory, timelines: ReadonlyMap<string, SplitTimeline>): Violation[] {
  return [...index.units.values()].flatMap((record) => {
    if (placedOnTarget(record) === undefined) return [];
    const target = record.answers.filter(({ side }) => side === 'target');
    const firstKnown = target.reduce((first, { to }) => Math.min(first, to), Number.POSITIVE_INFINITY);
    // Whichever of these was first wrote the side down. One whose answer nobody heard may have, and named who knows what.
    if (record.unanswered.some(({ from }) => from <= firstKnown)) return [];
    const candidates = target.filter(({ from }) => from <= firstKnown);
    const barred = candidates.map((answer) => barredBy(index, timelines, record, answer));
    const [first] = barred;
    if (first === undefined || barred.includes(undefined)) return [];
    const what = `${record.phase} ${record.unit} went to target ${first.because}`;
    return [violation('I14', what, [...barred.flatMap((by) => by?.shown ?? []), ...candidates])];
  });
}

interface Bar {
  because: string;
  shown: Recorded[];
}

/** What should have kept this one on legacy; undefined where nothing certainly should have. */
function barredBy(
  index: IndexedHistory,
  timelines: ReadonlyMap<string, SplitTimeline>,
  record: UnitRecord,
  answer: Answered,
): Bar | undefined {
  const { phases, journeys } = index.setting;
  const at = phases.findIndex(({ id }) => id === record.phase);
  const own = phases[at]?.unit;
  const reports = index.reports.get(answer.journey) ?? [];
  if (reports.some((report) => overlap(report, answer))) return undefined;
  const told = reports.filter(({ to }) => to < answer.from);
  const linked =
    own === 'episode' ||
    answer.named.includes('episode') ||
    told.some(({ named }) => own !== undefined && names(named, own));
  for (const { id, unit: kind } of phases.slice(0, at).reverse()) {
    const known =
      kind === own || answer.named.includes(kind) || (linked && told.some(({ named }: Reported) => names(named, kind)));
    if (!known) continue;
    const there = index.units.get(unitKey(id, journeys[answer.journey]?.[kind] ?? ''));
    if (there === undefined || there.firstAsked > answer.to) continue;
    const last = certainly(index, there, answer);
    if (last === undefined) return undefined;
    if (last.side === 'legacy') return { because: `after legacy in ${id}`, shown: [last] };
    return unattended(timelines.get(splitKey(id, last.cohort)), id, answer);
  }
  return undefined;
}

/** The side that the unit certainly had when that was asked; undefined where it is not certain. */
function certainly({ declaredDead }: IndexedHistory, there: UnitRecord, answer: Answered): Answered | undefined {
  const all = [...there.answers, ...there.stale, ...there.unanswered];
  if (all.some((entry) => overlap(entry, answer))) return undefined;
  const rows = there.answers.filter(({ to }) => to < answer.from);
  const last = rows.reduce<Answered | undefined>((a, b) => (a !== undefined && a.to > b.to ? a : b), undefined);
  if (there.stale.length === 0) return last;
  // Owed from an outage: whatever the record says of it later must be the same, unless the process never came back. Past the point of no
  // return nobody waits for it.
  const owed = there.stale.filter(({ to }) => to < answer.from);
  const lost = owed.some(({ process }) => declaredDead.some((dead) => dead.process === process.id));
  const everywhere = [...there.answers, ...there.stale].every(({ side }) => side === 'legacy');
  return everywhere && !lost && answer.why !== 'committed' ? (last ?? owed[0]) : undefined;
}

/** The phase before was certainly without control at that time, and nothing had been written down of it. */
function unattended(timeline: SplitTimeline | undefined, phase: string, answer: Answered): Bar | undefined {
  if (answer.why === 'committed') return undefined;
  const end = timeline?.record.ranOut.find(({ epoch, to }) => {
    const still = timeline.lastBefore(epoch + 1);
    return to < answer.from && still !== undefined && still.from > answer.to;
  });
  return end && { because: `while nobody controlled ${phase}`, shown: [end] };
}

function overlap(a: { from: number; to: number }, b: { from: number; to: number }): boolean {
  return a.from < b.to && a.to > b.from;
}

function names(named: readonly UnitKind[], kind: UnitKind): boolean {
  return kind === 'episode' || kind === 'patient' || named.includes(kind);
}
