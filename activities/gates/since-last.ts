import type { GateState, Increment } from '../../domain/gates/gate-state';
import type { GateReading as Totals, OutcomeCounts } from '../../domain/gates/outcome-counts';
import { NO_OUTCOMES, type BothSides, type Outcomes } from '../../domain/gates/sequential/outcomes';

/**
 * What is new in totals, since a state was reached. A source outside knows no epochs, only windows of time: what the window of the current one has more is
 * of the current split, the rest of one before. Totals that shrank are no case of it (domain/gates/taken-back.ts).
 */
export function sinceLast({ attempt, epoch }: GateState, totals: Pick<Totals, 'target' | 'legacy'>): Increment[] {
  const all = more(attempt, { target: totals.target.attempt, legacy: totals.legacy.attempt });
  const ofThisSplit = more(epoch, { target: totals.target.epoch, legacy: totals.legacy.epoch });
  const current = each(all, ofThisSplit, Math.min);
  const earlier = each(all, current, (whole, part) => whole - part);
  return [
    { of: 'earlier' as const, ...earlier },
    { of: 'current' as const, ...current },
  ].filter(({ target, legacy }) => target.kept + target.missed + legacy.kept + legacy.missed > 0);
}

function more(known: BothSides, now: { target: OutcomeCounts; legacy: OutcomeCounts }): BothSides {
  return each({ target: now.target, legacy: now.legacy }, known, (total, before) => Math.max(0, total - before));
}

function each(one: BothSides, other: BothSides, of: (one: number, other: number) => number): BothSides {
  const side = (first: Outcomes, second: Outcomes = NO_OUTCOMES): Outcomes => ({
    kept: of(first.kept, second.kept),
    missed: of(first.missed, second.missed),
  });
  return { target: side(one.target, other.target), legacy: side(one.legacy, other.legacy) };
}
