import { GateMemory } from '../../../activities/gates/gate-memory';
import type { GateReading } from '../../../activities/gates/gate-reading';
import { judgeSafely, type Finding } from '../../../activities/gates/judge-gate-reading';
import type { WatchedGate } from '../../../activities/gates/watched-step';
import { judgedRule, type Increment } from '../../../domain/gates/gate-state';
import type { GateRule } from '../../../domain/plan/plan-schema';
import type { Queryable } from '../../../store/database';

const RULE: GateRule = { kind: 'comparison', margin: 0.05, minimumOutcomes: 30 };
const rule = judgedRule(RULE, 0.05, 1);
const nothingStored: Queryable = { query: () => Promise.resolve({ rows: [], rowCount: 0 }) };

/** Looks at a gate of a cohort that has gone to target altogether: nothing is remembered of it, as after a change of its rule. */
function watched(): (increments: readonly Increment[], more?: boolean) => Promise<Finding> {
  const memory = new GateMemory();
  // Only what a look goes by.
  const gate = {
    ...{ gate: { id: 'routed', handoff: 'h', rule: RULE }, rule, attemptEpoch: 2, drained: true },
    step: { watch: { migration: 'm', phase: 'routing', cohort: 'all', epoch: 3, timeScale: 1 } },
  } as WatchedGate;
  return async (increments, more = false) => {
    const [known] = await memory.recall(nothingStored, [gate]);
    if (known === undefined) throw new Error('There is one.');
    const reading: GateReading = { kind: 'outcomes', increments, newestAt: null, started: true, more };
    const found = judgeSafely(gate, known, reading);
    memory.keep(gate, known, found.is);
    return found;
  };
}

const some = (kept: number, missed: number): { kept: number; missed: number } => ({ kept, missed });
const RAMPED: Increment[] = Array.from({ length: 60 }, () => ({
  of: 'earlier',
  target: some(18, 2),
  legacy: some(18, 2),
}));
const WELL: Increment = { of: 'current', target: some(18, 2), legacy: some(0, 0) };
const WORSE: Increment = { of: 'current', target: some(12, 8), legacy: some(0, 0) };

describe('a gate that is counted anew once legacy has drained', () => {
  it('holds target to what legacy was in the attempt', async () => {
    const look = watched();
    await look(RAMPED);
    expect((await look([WELL])).judgement.verdict).toBe('insufficient');
    const { judgement } = await look(Array.from({ length: 60 }, () => WORSE));
    expect(judgement).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'baseline' });
  });

  it('waits with that until all of it was seen', async () => {
    const look = watched();
    await look(RAMPED.slice(0, 2), true);
    const half = await look(RAMPED.slice(2, 30), true);
    expect(half.is.test?.frozen).toBeNull();
    const all = await look(RAMPED.slice(30));
    expect(all.is.test?.frozen?.ranges.length).toBeGreaterThan(1);
  });

  it('takes what legacy was from what matures later, where there was next to nothing yet', async () => {
    const look = watched();
    await look([]);
    await look([{ of: 'earlier', target: some(3, 1), legacy: some(2, 1) }]);
    await look(RAMPED);
    const { judgement } = await look(Array.from({ length: 60 }, () => WORSE));
    expect(judgement).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'baseline' });
  });
});
