import { detectableRate } from '../../backtest/gate-sight';
import type { CountedRule } from '../counted-rule';
import type { WatchedStep } from './watched-steps';

const DAY = 86_400_000;

/**
 * The highest kept rate to which target may fall in a step and the gate's limit is crossed before a person is asked, 0 to 1; null where
 * not even a total outage crosses it.
 */
export function seenFall(
  rule: CountedRule,
  { onTarget, onLegacy, legacyBefore, patience }: WatchedStep,
): number | null {
  const during = Math.floor((onTarget * patience) / DAY);
  const legacy = Math.floor(legacyBefore + (onLegacy * patience) / DAY);
  return detectableRate(rule, 1, { during, before: 0, legacy });
}
