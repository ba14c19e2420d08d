import type { Spread } from './figures';

/** A figure that was measured, beside what it must be. */
export interface Limit {
  what: string;
  measured: Spread;
  atLeast?: number;
  atMost?: number;
  unit?: string;
}

/** The middle decides. */
export function isKept({ measured, atLeast, atMost }: Limit): boolean {
  const { median } = measured;
  return median >= (atLeast ?? Number.NEGATIVE_INFINITY) && median <= (atMost ?? Number.POSITIVE_INFINITY);
}

export function limitLines(limits: readonly Limit[]): string[] {
  const widest = Math.max(...limits.map(({ what }) => what.length));
  return limits.map((limit) => {
    const { what, measured, atLeast, atMost, unit = '' } = limit;
    const wanted =
      atLeast === undefined ? `at most ${shortest(atMost)}${unit}` : `at least ${shortest(atLeast)}${unit}`;
    const spread = measured.low === measured.high ? '' : ` (${show(measured.low)} to ${show(measured.high)})`;
    return `  ${isKept(limit) ? 'kept  ' : 'MISSED'} ${what.padEnd(widest)}  ${`${show(measured.median)}${unit}`.padStart(8)}${spread}, ${wanted}`;
  });
}

function show(figure: number): string {
  return figure >= 100 ? String(Math.round(figure)) : figure.toFixed(2);
}

function shortest(figure: number | undefined): string {
  return figure === undefined ? '' : String(Number(figure.toFixed(2)));
}
