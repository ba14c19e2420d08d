import { BUCKETS } from '../plan/plan-schema';
import type { InFlightCount } from '../rollback/count-in-flight';
import type { SplitMode } from './split-mode';
import type { Side } from './side';
import type { UnitKind } from './units';

/** How many of those who arrive target would take: a share, or a number a day with the whole as its ceiling. */
export interface SplitSize {
  /** Buckets. */
  share: number;
  /** Units a day; null for no such limit. */
  perDay: number | null;
}

/** What a change of a phase's splits would do, and what it would not: an answer from recorded facts, by which nothing is changed. */
export interface WhoMoves {
  migration: string;
  phase: string;
  unit: UnitKind;
  to: SplitSize;
  /** The arrivals that this is reckoned from: since when, until when (ISO), and how many days of the plan's time that is. */
  window: { from: string; to: string; days: number };
  cohorts: CohortMoves[];
  /** Arrivals in the window that no cohort takes: they stay on legacy whatever the share. */
  noCohort: number;
}

export interface CohortMoves {
  cohort: string;
  /** What stands against any change here: the plan leaves it on legacy, it is committed, it has not begun, people are being brought back, nobody controls it. */
  standing: CohortStandingWord;
  /** As it is now; null: there is no split yet. */
  from: SplitSize | null;
  change: 'raise' | 'lower' | 'none';
  arrivals: {
    count: number;
    /** A day of the plan's time; null: there is too little history to say. */
    perDay: number | null;
    /** What is wanting before a number a day is said. */
    tooLittle: string | null;
  };
  /** Of those who arrive on a day, about how many target takes now, and then; null: there is too little history to say. */
  toTarget: { now: number; then: number } | null;
  /** The nearest phase before that has not taken everyone yet: whoever is on legacy there is not taken here either. */
  heldBackBy: { phase: string; share: number } | null;
  /** Units that have a side. A change of share moves none of them. */
  placed: { legacy: number; target: number; move: 0; byHashAlone: HashAlone | null };
  /** People in the middle of a journey on target, by milestone. */
  inFlight: InFlightCount[];
  /** Where the split would go to zero by a rollback of the cohort instead: who finishes, comes back or waits. Only for a lowering. */
  ifRolledBack: InFlightCount[] | null;
}

export type CohortStandingWord = 'open' | 'notBegun' | 'returning' | 'unattended' | 'committed' | 'staysOnLegacy';

/** Of the units placed last, how many a hash without a record of sides would have told another side at the new share. */
export interface HashAlone {
  looked: number;
  flipped: number;
}

/** A cohort as it is recorded. */
export interface CohortArrivals {
  cohort: string;
  staysOnLegacy: boolean;
  split?: (SplitSize & { mode: SplitMode; lapsed: boolean }) | undefined;
  /** In the window. */
  arrived: number;
  heldBackBy: { phase: string; share: number } | null;
  legacy: number;
  target: number;
  /** The units placed last, with their buckets. */
  recent: readonly { side: Side; bucket: number }[];
  inFlight: InFlightCount[];
  ifRolledBack: InFlightCount[];
}

/** Fewer arrivals than this say nothing of a day. */
const FEWEST_ARRIVALS = 20;
/** Nor does less than a day: mornings are not nights. */
const FEWEST_DAYS = 1;

/** What a change to `to` would do in one cohort. @param days of the window, of the plan's time */
export function cohortMoves(facts: CohortArrivals, to: SplitSize, days: number): CohortMoves {
  const { cohort, split, arrived, heldBackBy, legacy, target, recent, inFlight } = facts;
  const standing = standingOf(facts);
  const tooLittle = whatIsWanting(arrived, days);
  const perDay = tooLittle === null ? arrived / days : null;
  const from = split === undefined ? null : { share: split.share, perDay: split.perDay };
  const change = standing === 'committed' || standing === 'staysOnLegacy' ? 'none' : changeOf(from, to, perDay);
  // A split that nobody controls, or that people are being brought back from, takes nobody whatever its share.
  const now: SplitSize = from === null || standing !== 'open' ? { share: 0, perDay: null } : from;
  return {
    ...{ cohort, standing, from, change },
    arrivals: { count: arrived, perDay, tooLittle },
    toTarget: perDay === null ? null : takenBy(standing, perDay, now, to),
    heldBackBy,
    placed: { legacy, target, move: 0, byHashAlone: to.perDay === null ? hashAlone(recent, to.share) : null },
    inFlight,
    ifRolledBack: change === 'lower' ? facts.ifRolledBack : null,
  };
}

function standingOf({ staysOnLegacy, split }: CohortArrivals): CohortStandingWord {
  if (staysOnLegacy) return 'staysOnLegacy';
  if (split === undefined) return 'notBegun';
  if (split.mode === 'committed') return 'committed';
  if (split.mode === 'returning') return 'returning';
  return split.lapsed ? 'unattended' : 'open';
}

function whatIsWanting(arrived: number, days: number): string | null {
  if (days < FEWEST_DAYS) return `less than ${FEWEST_DAYS} day of arrivals is recorded`;
  return arrived < FEWEST_ARRIVALS ? `fewer than ${FEWEST_ARRIVALS} arrivals are recorded` : null;
}

function takenBy(
  standing: CohortStandingWord,
  perDay: number,
  now: SplitSize,
  then: SplitSize,
): NonNullable<CohortMoves['toTarget']> {
  switch (standing) {
    case 'staysOnLegacy':
      return { now: 0, then: 0 };
    case 'committed':
      return { now: perDay, then: perDay };
    case 'open':
    case 'notBegun':
    case 'returning':
    case 'unattended':
      return { now: taken(perDay, now), then: taken(perDay, then) };
  }
}

function taken(perDay: number, { share, perDay: most }: SplitSize): number {
  return Math.min((perDay * share) / BUCKETS, most ?? Number.POSITIVE_INFINITY);
}

/** Of two of a kind the larger takes more. A share and a number a day are compared by who arrives; else as ramps have them, numbers first. */
function changeOf(from: SplitSize | null, to: SplitSize, perDay: number | null): CohortMoves['change'] {
  const before = from === null || from.share === 0 ? { share: 0, perDay: null } : from;
  const mixed = (before.perDay === null) !== (to.perDay === null);
  const size = (of: SplitSize): number => {
    if (of.share === 0) return 0;
    if (mixed) return perDay === null ? (of.perDay ?? Number.POSITIVE_INFINITY) : taken(perDay, of);
    return of.perDay ?? of.share;
  };
  const [was, becomes] = [size(before), size(to)];
  if (was === becomes) return 'none';
  return becomes > was ? 'raise' : 'lower';
}

function hashAlone(recent: CohortArrivals['recent'], share: number): HashAlone {
  const flipped = recent.filter(({ side, bucket }) => (bucket < share ? 'target' : 'legacy') !== side).length;
  return { looked: recent.length, flipped };
}
