import { GateMemory } from '../../../activities/gates/gate-memory';
import { judgeSafely, type Finding } from '../../../activities/gates/judge-gate-reading';
import type { MetricSource } from '../../../activities/gates/metric-source';
import { readSource } from '../../../activities/gates/read-gates';
import type { WatchedGate } from '../../../activities/gates/watched-step';
import { judgedRule } from '../../../domain/gates/gate-state';
import type { GateRule } from '../../../domain/plan/plan-schema';
import type { Queryable } from '../../../store/database';

const RULE: GateRule = { kind: 'floor', atLeast: 0.9, minimumOutcomes: 20 };
const rule = judgedRule(RULE, 0.05, 1);
const nothingStored: Queryable = { query: () => Promise.resolve({ rows: [], rowCount: 0 }) };

/** Of a gate whose source gives totals: what it says at one look after the other, as what it was remembered as goes on. */
class Watched {
  private readonly memory = new GateMemory();
  private readonly db = nothingStored;

  async look(target: [number, number], epoch = 2, sinceSplit = target): Promise<Finding> {
    const watch = { migration: 'm', phase: 'routing', cohort: 'all', epoch, timeScale: 1 };
    // Only what a look goes by.
    const gate = {
      ...{ gate: { id: 'routed', handoff: 'h', rule: RULE }, rule, attemptEpoch: 2, drained: false },
      step: { watch },
    } as WatchedGate;
    const counts = ([kept, missed]: [number, number]): { kept: number; missed: number; released: number } => ({
      ...{ kept, missed, released: 0 },
    });
    const source: MetricSource = {
      read: () =>
        Promise.resolve({
          kind: 'reading',
          reading: {
            target: { attempt: counts(target), epoch: counts(sinceSplit) },
            legacy: { attempt: counts([0, 0]), epoch: counts([0, 0]) },
            newestAt: null,
          },
        }),
    };
    const [known] = await this.memory.recall(this.db, [gate]);
    if (known === undefined) throw new Error('There is one.');
    const found = judgeSafely(gate, known, await readSource(source, { gate, known }));
    this.memory.keep(gate, known, found.is);
    return found;
  }
}

const saysOf = async (found: Promise<Finding>): Promise<[string, string]> => {
  const { verdict, message } = (await found).judgement;
  return [verdict, message];
};

describe('a source that takes back what it counted', () => {
  it('is an error that says what is lower and what to do, and never a pass', async () => {
    const watched = new Watched();
    expect((await saysOf(watched.look([100, 4])))[0]).toBe('pass');
    const [verdict, message] = await saysOf(watched.look([0, 0]));
    expect(verdict).toBe('sourceError');
    expect(message).toContain('0 kept on target since the attempt began, 100 before');
    expect(message).toContain('pause and let it go on');
  });

  it('rolls nobody back once a table that was made anew has overtaken the old one', async () => {
    const watched = new Watched();
    await watched.look([100, 0]);
    await watched.look([2, 0]);
    // 102 of 130 came, of which the first 98 kept ones would be taken for known: 4 of 32.
    for (const totals of [
      [60, 10],
      [102, 28],
    ] as [number, number][]) {
      // prettier-ignore
      const [verdict, message] = await saysOf(watched.look(totals));
      expect([verdict, message.includes('nobody knows which of these are new') || message.includes('before')]).toEqual([
        ...['sourceError', true],
      ]);
    }
  });

  it('is believed again where little was gone and came again, and nothing of it is counted twice', async () => {
    const watched = new Watched();
    await watched.look([100, 2]);
    expect((await saysOf(watched.look([98, 2])))[0]).toBe('sourceError');
    const back = await watched.look([103, 3]);
    expect(back.judgement.verdict).toBe('pass');
    expect(back.is).toMatchObject({ attempt: { target: { kept: 103, missed: 3 } } });
    expect(back.is).not.toHaveProperty('takenBack');
  });

  it('is counted anew from the beginning of the attempt once the split has changed', async () => {
    const watched = new Watched();
    await watched.look([100, 4]);
    await watched.look([10, 1]);
    const anew = await watched.look([12, 1], 3, [1, 0]);
    expect(anew.judgement.verdict).toBe('insufficient');
    expect(anew.is).toMatchObject({
      attempt: { target: { kept: 12, missed: 1 } },
      epoch: { target: { kept: 1, missed: 0 } },
    });
    expect((await saysOf(watched.look([40, 1], 3, [29, 0])))[0]).toBe('pass');
  });

  it('holds as well where only what came since the split last changed is lower', async () => {
    const watched = new Watched();
    await watched.look([100, 4], 2, [50, 1]);
    const [verdict, message] = await saysOf(watched.look([101, 4], 2, [20, 1]));
    expect([verdict, message]).toEqual([
      'sourceError',
      expect.stringContaining('20 kept on target since the split last changed, 50 before'),
    ]);
  });
});
