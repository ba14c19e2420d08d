import type {
  Answered,
  BroughtBack,
  Closed,
  DeclaredDead,
  ExceptionsSeen,
  LeaseRanOut,
  LeaseRenewed,
  Recorded,
  Reported,
  Setting,
  SplitCommanded,
  SplitTold,
  TargetCounted,
  Unanswered,
} from '../history';
import { unreachable } from '../../../domain/unreachable';

/** What was seen of one unit in one phase. */
export interface UnitRecord {
  phase: string;
  unit: string;
  /** Answers that the record of sides stands behind. */
  answers: Answered[];
  /** Answers given out of its reach. */
  stale: Answered[];
  unanswered: Unanswered[];
  closed: Closed[];
  /** When it was first asked for: it has no side before. */
  firstAsked: number;
  /** The same by the machine's clock, in milliseconds; where an answer came to it. */
  firstAskedAt: number;
}

/** The product's word on a split, and in which entry it stands. */
export interface Telling {
  from: number;
  to: number;
  split: SplitTold;
  entry: Recorded;
}

/** What was done to one split and told of it. */
export interface SplitRecord {
  phase: string;
  cohort: string;
  commands: SplitCommanded[];
  renewals: LeaseRenewed[];
  ranOut: LeaseRanOut[];
  lapses: Telling[];
  broughtBack: BroughtBack[];
  counted: TargetCounted[];
  /** By epoch. */
  tellings: Telling[];
}

/** A history by what it is about, each list in the order in which its entries began. Made in one pass. */
export interface IndexedHistory {
  setting: Setting;
  units: ReadonlyMap<string, UnitRecord>;
  splits: ReadonlyMap<string, SplitRecord>;
  /** By the journey's number. */
  reports: ReadonlyMap<number, Reported[]>;
  exceptions: readonly ExceptionsSeen[];
  declaredDead: readonly DeclaredDead[];
  /** The numbers of the journeys that a unit of a phase belongs to. */
  journeysOf: (phase: string, unit: string) => readonly number[];
}

export function unitKey(phase: string, unit: string): string {
  return `${phase} ${unit}`;
}

export function splitKey(phase: string, cohort: string | null): string {
  return `${phase} ${cohort ?? ''}`;
}

export function indexHistory(history: readonly Recorded[], setting: Setting): IndexedHistory {
  const units = new Map<string, UnitRecord>();
  const splits = new Map<string, SplitRecord>();
  const reports = new Map<number, Reported[]>();
  const exceptions: ExceptionsSeen[] = [];
  const declaredDead: DeclaredDead[] = [];

  const unitOf = ({ phase, unit }: { phase: string; unit: string }): UnitRecord =>
    taken(units, unitKey(phase, unit), () => ({
      ...{ phase, unit, answers: [], stale: [], unanswered: [], closed: [] },
      ...{ firstAsked: Number.POSITIVE_INFINITY, firstAskedAt: Number.POSITIVE_INFINITY },
    }));
  const splitOf = ({ phase, cohort }: { phase: string; cohort: string }): SplitRecord =>
    taken(splits, splitKey(phase, cohort), () => ({
      ...{ phase, cohort, commands: [], renewals: [], ranOut: [], lapses: [] },
      ...{ broughtBack: [], counted: [], tellings: [] },
    }));

  for (const entry of [...history].sort((a, b) => a.from - b.from)) {
    const { from, to } = entry;
    switch (entry.kind) {
      case 'answered': {
        const record = unitOf(entry);
        (entry.stale ? record.stale : record.answers).push(entry);
        record.firstAsked = Math.min(record.firstAsked, from);
        record.firstAskedAt = Math.min(record.firstAskedAt, entry.askedAt);
        break;
      }
      case 'unanswered': {
        const record = unitOf(entry);
        record.unanswered.push(entry);
        record.firstAsked = Math.min(record.firstAsked, from);
        record.firstAskedAt = Math.min(record.firstAskedAt, entry.askedAt);
        break;
      }
      case 'commanded': {
        const record = splitOf(entry);
        record.commands.push(entry);
        if (entry.outcome.is === 'done') record.tellings.push({ from, to, split: entry.outcome.split, entry });
        break;
      }
      case 'renewed': {
        const record = splitOf(entry);
        record.renewals.push(entry);
        if (entry.split !== undefined) record.tellings.push({ from, to, split: entry.split, entry });
        break;
      }
      case 'splitSeen': {
        const telling = { from, to, split: entry.split, entry };
        splitOf(entry).tellings.push(telling);
        if (entry.lapsed) splitOf(entry).lapses.push(telling);
        break;
      }
      case 'leaseRanOut':
        splitOf(entry).ranOut.push(entry);
        break;
      case 'broughtBack':
        splitOf(entry).broughtBack.push(entry);
        break;
      case 'counted':
        splitOf(entry).counted.push(entry);
        break;
      case 'closed':
        unitOf(entry).closed.push(entry);
        break;
      case 'reported':
        taken(reports, entry.journey, (): Reported[] => []).push(entry);
        break;
      case 'exceptionsSeen':
        exceptions.push(entry);
        break;
      case 'declaredDead':
        declaredDead.push(entry);
        break;
      default:
        unreachable(entry);
    }
  }
  for (const { tellings } of splits.values()) tellings.sort((a, b) => a.split.epoch - b.split.epoch);
  return { setting, units, splits, reports, exceptions, declaredDead, journeysOf: journeysByUnit(setting) };
}

function journeysByUnit({ phases, journeys }: Setting): IndexedHistory['journeysOf'] {
  const kinds = new Map(phases.map(({ id, unit }) => [id, unit]));
  const byKey = new Map<string, number[]>();
  for (const [journey, keys] of journeys.entries()) {
    for (const key of new Set(Object.values(keys))) taken(byKey, key, (): number[] => []).push(journey);
  }
  return (phase, unit) => {
    const kind = kinds.get(phase);
    return (byKey.get(unit) ?? []).filter((journey) => kind !== undefined && journeys[journey]?.[kind] === unit);
  };
}

function taken<Key, Item>(items: Map<Key, Item>, key: Key, make: () => Item): Item {
  const item = items.get(key) ?? make();
  items.set(key, item);
  return item;
}
