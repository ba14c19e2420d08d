import { beginGate, judgedRule, type GateState } from '../../../domain/gates/gate-state';
import { judgeLoad } from '../../../domain/gates/judge-load';
import type { GateRule } from '../../../domain/plan/plan-schema';
import type { Verdict } from '../../../domain/gates/verdict';

const HALF_AN_HOUR = 1_800_000;
const MINUTE = 60_000;
const BEGAN = Date.parse('2026-01-05T10:00:00Z');
const RULE: Extract<GateRule, { kind: 'capacity' }> = {
  kind: 'capacity',
  team: 'care-coordination',
  during: HALF_AN_HOUR,
};

/** Looks, each so many milliseconds after the beginning; what the last of them says. */
function after(looks: readonly number[], open = 50): Verdict {
  let state: GateState = beginGate(judgedRule(RULE, 0.05, 0), 2);
  let verdict: Verdict = 'noData';
  for (const look of looks) {
    const found = judgeLoad(RULE, state, { open, capacity: 10, at: new Date(BEGAN + look) }, HALF_AN_HOUR);
    state = found.is;
    verdict = found.judgement.verdict;
  }
  return verdict;
}

const upTo = (end: number, each: number): number[] =>
  Array.from({ length: end / each + 1 }, (_, index) => index * each);

describe('R35 more open than a team can work on', () => {
  it('crosses the limit once that was seen for as long as is agreed', () => {
    expect(after(upTo(HALF_AN_HOUR - 1_000, 1_000))).toBe('insufficient');
    expect(after(upTo(HALF_AN_HOUR, 1_000))).toBe('limitCrossed');
  });

  it('is timed anew after nobody looked for long, and rolls nobody back for what nobody saw', () => {
    expect(after([0, 2 * HALF_AN_HOUR])).toBe('insufficient');
    const later = upTo(HALF_AN_HOUR, MINUTE / 2).map((look) => 2 * HALF_AN_HOUR + look);
    expect(after([0, ...later.slice(0, -1)])).toBe('insufficient');
    expect(after([0, ...later])).toBe('limitCrossed');
  });

  it('is not written down at each look', () => {
    const begun = beginGate(judgedRule(RULE, 0.05, 0), 2);
    const at = (look: number, state: GateState): GateState =>
      judgeLoad(RULE, state, { open: 50, capacity: 10, at: new Date(BEGAN + look) }, HALF_AN_HOUR).is;
    const first = at(0, begun);
    expect(at(1_000, first)).toBe(first);
    expect(at(20_000, first)).not.toBe(first);
  });
});
