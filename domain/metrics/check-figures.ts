import type { Milliseconds } from '../time/duration';
import { noData, sourceError, type NoAnswer, type SideOutcomes } from './outcome-answer';

/** Figures of one side as a source gave them: kept, and either missed or both together. */
export interface RawFigures {
  kept: unknown;
  missed?: unknown;
  total?: unknown;
}

/** Clocks of two machines are taken for one within this. */
export const CLOCKS_MAY_DIFFER: Milliseconds = 60_000;

/** Above it no sum of counts is exact any more. */
const LARGEST = Number.MAX_SAFE_INTEGER / 4;

/** Sums of counters are floating point. Far less than one outcome. */
const NOISE = 1e-6;

/**
 * The outcomes that figures stand for. `noData` where one is absent or null: whoever counts says 0 where there is nothing; `sourceError` where
 * one is no count: text, NaN, infinite, negative, a fraction, or more kept than there were.
 * @param of how messages call the side: `target`
 */
export function outcomesOf(of: string, raw: RawFigures): SideOutcomes | NoAnswer {
  const kept = countOf(`${of}.kept`, raw.kept);
  if (typeof kept !== 'number') return kept;
  if (!('total' in raw)) {
    const missed = countOf(`${of}.missed`, raw.missed);
    return typeof missed === 'number' ? { kept, missed } : missed;
  }
  const total = countOf(`${of}.total`, raw.total);
  if (typeof total !== 'number') return total;
  if (kept > total) return sourceError(`It says that more were kept on ${of} than there were (${kept} of ${total}).`);
  return { kept, missed: total - kept };
}

export function isNoAnswer(value: object): value is NoAnswer {
  return 'message' in value;
}

function countOf(name: string, value: unknown): number | NoAnswer {
  if (value === undefined || value === null) return noData(`It gives nothing for ${name}.`);
  if (typeof value !== 'number') return sourceError(`What it gives for ${name} is no number.`);
  if (Number.isNaN(value)) return sourceError(`It gives NaN for ${name}.`);
  if (!Number.isFinite(value)) return sourceError(`It gives an infinite number for ${name}.`);
  if (value < 0) return sourceError(`It gives a negative number for ${name}.`);
  const whole = Math.round(value);
  if (value > LARGEST || Math.abs(value - whole) > NOISE * Math.max(1, whole)) {
    return sourceError(`What it gives for ${name} is no count.`);
  }
  return whole;
}

/**
 * Why figures of that age decide nothing; undefined where they may. Older than agreed: a failure may have begun since. Later than now: the clocks
 * differ, and nobody knows how old they are.
 */
export function whyNotFresh(newestAt: Date, now: Date, staleAfter: Milliseconds | undefined): NoAnswer | undefined {
  const age = now.getTime() - newestAt.getTime();
  if (Number.isNaN(age)) return sourceError('It does not say how old its figures are.');
  if (age < -CLOCKS_MAY_DIFFER) {
    return sourceError(
      `Its newest figures are ${seconds(-age)} s in the future. Compare its clock with this machine's.`,
    );
  }
  if (staleAfter !== undefined && age > staleAfter) {
    return noData(`Its newest figures are ${seconds(age)} s old; the plan takes them for ${seconds(staleAfter)} s.`);
  }
  return undefined;
}

/** Why the source's clock cannot be gone by; undefined where it can: then a window of time means the same to both. */
export function whyClocksDiffer(theirs: Date, now: Date): NoAnswer | undefined {
  const difference = Math.abs(theirs.getTime() - now.getTime());
  if (difference <= CLOCKS_MAY_DIFFER) return undefined;
  return sourceError(`Its clock and this machine's differ by ${seconds(difference)} s.`);
}

function seconds(milliseconds: Milliseconds): number {
  return Math.round(milliseconds / 1_000);
}
