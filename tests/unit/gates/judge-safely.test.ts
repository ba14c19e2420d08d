import type { Remembered } from '../../../activities/gates/gate-memory';
import { judgeSafely } from '../../../activities/gates/judge-gate-reading';
import type { WatchedGate } from '../../../activities/gates/watched-step';
import { beginGate, judgedRule } from '../../../domain/gates/gate-state';
import type { GateRule } from '../../../domain/plan/plan-schema';

const RULE: GateRule = { kind: 'floor', atLeast: 0.9, minimumOutcomes: 20 };
const rule = judgedRule(RULE, 0.05, 1);
// Only what a judgement looks at.
const watched = { gate: { id: 'routing', rule: RULE }, rule, step: { watch: { timeScale: 1 } } } as WatchedGate;
const outcomes = (kept: number): Parameters<typeof judgeSafely>[2] => ({
  kind: 'outcomes',
  increments: [{ of: 'current', target: { kept, missed: 0 }, legacy: { kept: 0, missed: 0 } }],
  newestAt: null,
  started: true,
  more: false,
});

it('a gate that cannot be judged says so, neither passes nor crosses its limit, and keeps what it knew', () => {
  const known: Remembered = { revision: 1, attemptEpoch: 2, state: beginGate(rule, 2) };
  expect(judgeSafely(watched, known, outcomes(30)).judgement.verdict).toBe('pass');
  const failures: unknown[] = [];
  const found = judgeSafely(watched, known, outcomes(-1), (error) => failures.push(error));
  expect(failures).toEqual([expect.any(Error)]);
  expect(found.judgement).toMatchObject({ verdict: 'sourceError', proven: false });
  expect(found.is).toBe(known.state);
});
