import { Backtest, type BacktestReport } from '../../../domain/backtest/backtest';
import { outcomesFor } from '../../../domain/backtest/past-outcome';
import { backtestScreen } from '../../../cli/backtest/backtest-screen';
import type { GateRule, Plan } from '../../../domain/plan/plan-schema';
import { DEADLINE, END, HOUR, loanPlan, loanPlanHash, OTHER, START, WORK_LIST } from './loan-plan';

const RULE: GateRule = { kind: 'ratio', event: OTHER, times: 1.2, minimumOutcomes: 20 };

/** The plan with one gate, which looks for what no handoff listens to. */
function planWithRatio(): Plan {
  const plan = structuredClone(loanPlan);
  for (const phase of plan.phases) {
    phase.gates = phase.gates
      .filter(({ handoff }) => handoff === WORK_LIST)
      .slice(0, 1)
      .map((gate) => ({ ...gate, id: 'contacts', rule: RULE }));
  }
  return plan;
}

/** One journey an hour, kept at once; some have the event as long after their start. */
function played(journeys: number, at: (journey: number) => number | null): BacktestReport {
  const run = new Backtest(planWithRatio(), loanPlanHash);
  for (let journey = 0; journey < journeys; journey += 1) {
    const start = journey * HOUR;
    const events: [string, number][] = [
      [START, start],
      [END, start + 1_000],
    ];
    const other = at(journey);
    if (other !== null) events.push([OTHER, start + other], [OTHER, start + other + 1]);
    for (const [sequence, [type, time]] of events.entries()) {
      run.add({ journey: `case-${journey}`, type, time, sequence });
    }
  }
  return run.result();
}

describe('a gate on how often something comes, over history', () => {
  it('counts each journey that had it between its start and its deadline once, and plays its test', () => {
    const report = played(2_000, (journey) => (journey % 20 === 0 ? 60_000 : null));
    const [gate] = report.gates;
    // Those whose deadline the log does not reach are open, or count later.
    expect((gate?.kept ?? 0) + (gate?.missed ?? 0)).toBeGreaterThan(1_900);
    expect(gate?.keptRate).toBeCloseTo(0.95, 2);
    expect(gate).toMatchObject({ oneSide: null, ramp: { fired: 0 } });
    expect(report.log.unlistened).toBe(0);
  });

  it('does not count what came before its start, after its deadline, or not at all', () => {
    for (const at of [-1_000, DEADLINE + 1, null]) {
      expect(played(100, () => at).gates[0]).toMatchObject({ missed: 0 });
    }
    expect(played(100, () => DEADLINE - 1).gates[0]).toMatchObject({ kept: 0 });
  });

  it('shows what it would have seen by how often the event came', () => {
    const report = played(3_000, (journey) => (journey % 20 === 0 ? 60_000 : null));
    const screen = backtestScreen({ ...report, log: { ...report.log, duplicates: 0 } });
    expect(screen).toContain(`${OTHER} at most 1.2 times legacy's`);
    expect(screen).toMatch(
      new RegExp(
        `${OTHER.replace('.', '\\.')} in [\\d.]+%, [\\d.]+ points up|not even ${OTHER.replace('.', '\\.')} in every one`,
      ),
    );
  });

  it('takes neither released ones nor how a handoff ended', () => {
    const had = new Set([OTHER]);
    const past = { journey: 1, startedAt: 0, endedAt: 1, deadlineAt: 2 };
    const outcomes = outcomesFor(
      RULE,
      [
        { ...past, outcome: 'kept', had },
        { ...past, outcome: 'missed' },
        { ...past, outcome: 'missed', had: new Set(['another']) },
        { ...past, outcome: 'released', had },
        { ...past, outcome: null, had },
      ],
      0,
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['missed', 'kept', 'kept', 'released', null]);
  });
});
