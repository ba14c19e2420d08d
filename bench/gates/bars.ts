import type { Limit } from '../load/limits';
import type { Figures } from './cells';
import type { Apart } from './rules/our-gate';

type Ours = Record<keyof Apart, Figures>;

/** What was measured, by share and scenario; at the edge of each limit for itself. */
export interface Measured {
  shares: readonly number[];
  ours: (share: number, scenario: string) => Ours;
  atEdge: (share: number) => { comparison: Figures; floor: Figures };
  noData: readonly { scenario: string; outcome: string }[];
}

/** G1 to G7: what the gate must reach, with fresh seeds, from what the best of other rules do that roll back at most 6% of what is healthy. */
export function barsOf({ shares, ours, atEdge, noData }: Measured): Limit[] {
  const bars: Limit[] = [];
  const atMost = (what: string, figure: number, limit: number, unit = '') =>
    bars.push({ what, measured: { median: figure, low: figure, high: figure }, atMost: limit, unit });
  const highest = (of: (share: number) => number) => Math.max(...shares.map(of));

  const rolledBack = (scenario: string, part: keyof Apart) => (share: number) =>
    100 * ours(share, scenario)[part].rolledBack;
  atMost('G1 false rollbacks, gate, stationary, highest share', highest(rolledBack('stationary', 'gate')), 2, '%');
  for (const scenario of ['stationary', '±10 points a day', 'shared shock']) {
    atMost(`G1 false rollbacks, (a) alone, ${scenario}`, highest(rolledBack(scenario, 'comparison')), 2.5, '%');
  }
  atMost(
    'G1 at the edge of its margin, (a) alone',
    100 * highest((share) => atEdge(share).comparison.rolledBack),
    5,
    '%',
  );
  atMost('G1 at the floor, (b) alone', 100 * highest((share) => atEdge(share).floor.rolledBack), 5, '%');
  for (const share of shares) {
    atMost(`G2 outage, exposed at ${percent(share)}`, ours(share, 'outage').gate.exposedMedian, 8);
  }
  for (const share of shares) {
    atMost(`G3 −50 points, exposed at ${percent(share)}`, ours(share, '−50').gate.exposedMedian, 12);
  }
  for (const [share, limit] of [
    [0.05, 13],
    [0.25, 17],
    [0.5, 19],
  ] as const) {
    atMost(`G4 −20 points, harmed at ${percent(share)}`, ours(share, '−20').gate.harmedMean, limit);
  }
  for (const [share, limit] of [
    [0.05, 20],
    [0.25, 32],
    [0.5, 50],
  ] as const) {
    atMost(`G5 −10 points, harmed at ${percent(share)}`, ours(share, '−10').gate.harmedMean, 1.05 * limit);
  }
  atMost('G6 −50 points from hour 12, exposed at 25%', ours(0.25, '−50 from hour 12').gate.exposedMedian, 35);
  for (const { scenario, outcome } of noData) {
    atMost(`G7 ${scenario}: passes or rollbacks`, outcome === 'holds' ? 0 : 1, 0);
  }
  return bars;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
