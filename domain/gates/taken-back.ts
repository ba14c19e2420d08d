import type { GateState, TakenBack } from './gate-state';
import type { GateReading, OutcomeCounts } from './outcome-counts';
import type { Outcomes } from './sequential/outcomes';

/** A figure may be lower by so many, or by that part of it, and still come again. */
const FEW = 3;
const PART = 0.05;

export type TotalsJudged = { kind: 'growing' } | { kind: 'takenBack'; much: TakenBack; message: string };

/**
 * Whether totals can be gone by, which never shrink by right. A total that is lower than it was says that what was counted is gone: removed rows, a table made
 * anew, a counter that began anew. While it is lower nobody knows what of it is new. Where much was gone, nobody knows it either once the totals are as high
 * as before: what came meanwhile would be missing, more of one outcome than of the other.
 */
export function judgeTotals(state: GateState, totals: Pick<GateReading, 'target' | 'legacy'>): TotalsJudged {
  const lower = lowerThanBefore(state, totals);
  const [first] = lower;
  if (first !== undefined) {
    const much = state.takenBack === 'much' || lower.some(isMuch) ? 'much' : 'little';
    return { kind: 'takenBack', much, message: `${shrunk(first)} ${whatNow(much)}` };
  }
  return state.takenBack === 'much'
    ? { kind: 'takenBack', much: 'much', message: `${RETURNED} ${whatNow('much')}` }
    : { kind: 'growing' };
}

interface Lower {
  figure: string;
  since: string;
  before: number;
  now: number;
}

function lowerThanBefore(state: GateState, totals: Pick<GateReading, 'target' | 'legacy'>): Lower[] {
  return (['attempt', 'epoch'] as const).flatMap((of) =>
    (['target', 'legacy'] as const).flatMap((side) => {
      const since = of === 'attempt' ? 'the attempt began' : 'the split last changed';
      return lowerOf(`on ${side}`, since, state[of][side], totals[side][of]);
    }),
  );
}

function lowerOf(on: string, since: string, before: Outcomes, now: OutcomeCounts): Lower[] {
  return (['kept', 'missed'] as const)
    .filter((outcome) => now[outcome] < before[outcome])
    .map((outcome) => ({ figure: `${outcome} ${on}`, since, before: before[outcome], now: now[outcome] }));
}

function isMuch({ before, now }: Lower): boolean {
  return before - now > Math.max(FEW, PART * before);
}

function shrunk({ figure, since, before, now }: Lower): string {
  return `It takes back what it counted: ${now} ${figure} since ${since}, ${before} before. Were rows removed, or did a table or a counter begin anew?`;
}

const RETURNED =
  'It had taken back much of what it counted, and counts as many again: nobody knows which of these are new.';

function whatNow(much: TakenBack): string {
  const unless = much === 'much' ? '' : ' where it does not come again by itself';
  return `Mend the source; then pause and let it go on${unless}: what it says by then is counted anew from the beginning of the attempt.`;
}
