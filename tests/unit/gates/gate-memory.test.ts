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
    const all = await look([...RAMPED.slice(30), WELL]);
    expect(all.is.test?.frozen?.ranges.length).toBeGreaterThan(1);
  });

  it('takes what legacy was from what matures later, where there was next to nothing yet', async () => {
    const look = watched();
    const few = await look([{ of: 'earlier', target: some(3, 1), legacy: some(2, 1) }, WELL]);
    expect(few.is.test?.frozen).not.toBeNull();
    await look(RAMPED);
    const { judgement } = await look(Array.from({ length: 60 }, () => WORSE));
    expect(judgement).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'baseline' });
  });
});

describe('a gate whose cohort has gone to target altogether', () => {
  it('learns what legacy was from all that began there, which matures before what began since', async () => {
    const look = watched();
    await look(RAMPED.slice(0, 2));
    await look(RAMPED);
    const worse: Increment = { of: 'current', target: some(15, 5), legacy: some(0, 0) };
    await look([worse]);
    const { judgement, is } = await look(Array.from({ length: 25 }, () => worse));
    expect(is.test?.attempt.legacy).toEqual(some(1_116, 124));
    expect(judgement).toMatchObject({ verdict: 'limitCrossed', carriedBy: 'baseline' });
  });
});

describe('a gate that a later version of the plan changes', () => {
  const SLOWER: GateRule = { kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 20 };
  const gateOf = (of: GateRule, { alpha = 0.05, handoff = 'h' } = {}): WatchedGate =>
    // Only what a look goes by.
    ({
      ...{ gate: { id: 'routed', handoff, rule: of }, rule: judgedRule(of, alpha, 1), attemptEpoch: 2, drained: false },
      step: { watch: { migration: 'm', phase: 'routing', cohort: 'all', epoch: 3, timeScale: 1 } },
    }) as WatchedGate;

  async function lookAt(memory: GateMemory, gate: WatchedGate, of: Partial<GateReading>): Promise<Finding> {
    const [known] = await memory.recall(nothingStored, [gate]);
    if (known === undefined) throw new Error('There is one.');
    const nothing = { kind: 'outcomes', increments: [], newestAt: null, started: true, more: false };
    const found = judgeSafely(gate, known, { ...nothing, ...of } as GateReading);
    memory.keep(gate, known, found.is);
    return found;
  }

  it("keeps legacy's own times, and where evidence begins, and counts again from there", async () => {
    const memory = new GateMemory();
    const since = Array.from({ length: 100 }, (_, index) => index + 1);
    await lookAt(memory, gateOf(SLOWER), { past: { before: [], since, last: '140' } });
    const came = { target: some(5, 5), legacy: some(9, 1) };
    await lookAt(memory, gateOf(SLOWER), {
      ...{ increments: [{ of: 'current', ...came, byCut: [came, came, came] }], last: '160' },
    });
    const [again] = await memory.recall(nothingStored, [gateOf(SLOWER, { alpha: 0.02 })]);
    expect(again?.state).toMatchObject({
      ...{ last: '140', attempt: { target: some(0, 0) } },
      slower: { known: 100, cuts: [{ within: 50 }, { within: 90 }, { within: 99 }] },
    });
    expect(again?.state.slower?.cuts.map(({ test }) => test.attempt.target)).toEqual(Array(3).fill(some(0, 0)));
  });

  it('takes nothing over from another handoff, or another source', async () => {
    const memory = new GateMemory();
    await lookAt(memory, gateOf(RULE), { increments: RAMPED, last: '2400' });
    const [same, other] = await memory.recall(nothingStored, [gateOf(RULE), gateOf(RULE, { handoff: 'another' })]);
    expect(same?.state).toMatchObject({ last: '2400', attempt: { target: some(1_080, 120) } });
    expect(other?.state).toMatchObject({ last: '0', attempt: { target: some(0, 0) } });
  });

  it('goes on from what an earlier release wrote, which does not say what it counted', async () => {
    const rows = [
      {
        ...{ place: 1, attemptEpoch: 2, revision: 7, updatedAt: new Date() },
        state: { ...(await lookAt(new GateMemory(), gateOf(RULE), { increments: RAMPED, last: '2400' })).is, by: BY },
      },
    ];
    const stored = { query: () => Promise.resolve({ rows, rowCount: 1 }) } as unknown as Queryable;
    const [known] = await new GateMemory().recall(stored, [gateOf(RULE)]);
    expect(known).toMatchObject({ revision: 7, state: { last: '2400', attempt: { target: some(1_080, 120) } } });
    expect(known?.state).not.toHaveProperty('of');
  });
});

/** As it has been stored since states have a shape. */
const BY = JSON.stringify([1, rule]);
