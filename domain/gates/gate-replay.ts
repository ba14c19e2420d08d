import type { GateRule } from '../plan/plan-schema';
import { beginGate, judgeState, takeOutcomes, type GateState, type JudgedRule } from './gate-state';
import { oneIn } from './sequential/evidence';
import { beginSequential, judgeSequential, takeSequential, type SequentialState } from './sequential/outcome-gate';
import { checkCounts, total, type BothSides } from './sequential/outcomes';
import { sequentialRuleOf } from './sequential/rule-of-plan';
import type { Verdict } from './verdict';

/** What a gate says of one run from some moment on. */
export interface RunVerdict {
  verdict: Verdict;
  /** The highest so far, at most the largest number there is; null where no sequential test is asked (zero tolerance). */
  eValue: number | null;
  /** The same in words: `1 in 4,100` healthy runs ever show as much. */
  evidence: string | null;
  /** Outcomes of target's so far: how many patients it reached. */
  exposed: number;
  /** The numbers in one sentence. */
  message: string;
}

/** Judges a gate of a plan over recorded outcomes, each run by itself. It remembers a few numbers a run, whatever their length. */
export class GateReplay {
  readonly #begin: () => RunOfGate;
  readonly #runs = new Map<string, { gate: RunOfGate; verdict: Verdict | null }>();

  /**
   * @param alpha of the sequential tests, above 0 and below 1; zero tolerance has none
   * @throws RangeError where the rule has no test, or is not about how handoffs ended
   */
  constructor(rule: GateRule, alpha: number) {
    if (rule.kind === 'zeroTolerance') this.#begin = () => new CountedRun(rule);
    else if (rule.kind === 'capacity') {
      throw new RangeError('No outcome says what is open: a rule of kind capacity is no rule for recorded outcomes.');
    } else if (rule.kind === 'slowerThanLegacy') {
      throw new RangeError(
        "Recorded outcomes say how many were kept, not how long each took: a rule of kind slowerThanLegacy is no rule for them. Play it over a log of events with 'handoff backtest'.",
      );
    } else if (rule.kind === 'ratio') {
      throw new RangeError(
        `Recorded outcomes say what was kept, not which journeys had ${rule.event}: a rule of kind ratio is no rule for them. 'handoff backtest' plays it over events.`,
      );
    } else {
      const tested = sequentialRuleOf(rule, alpha);
      this.#begin = () => new TestedRun(tested);
    }
  }

  /**
   * @param increment matured since the run's last interval
   * @returns the verdict where it is another than before, as the first one is; else null
   * @throws RangeError where a count is no whole number from 0 up
   */
  take(run: string, increment: BothSides): RunVerdict | null {
    let known = this.#runs.get(run);
    if (known === undefined) {
      known = { gate: this.#begin(), verdict: null };
      this.#runs.set(run, known);
    }
    const judged = known.gate.take(increment);
    if (judged.verdict === known.verdict) return null;
    known.verdict = judged.verdict;
    return judged;
  }
}

interface RunOfGate {
  take: (increment: BothSides) => RunVerdict;
}

class TestedRun implements RunOfGate {
  #state: SequentialState = beginSequential();

  constructor(private readonly rule: ReturnType<typeof sequentialRuleOf>) {}

  take(increment: BothSides): RunVerdict {
    this.#state = takeSequential(this.rule, this.#state, increment);
    const { verdict, message, logEvidence } = judgeSequential(this.rule, this.#state);
    const eValue = Math.min(Math.exp(logEvidence), Number.MAX_VALUE);
    return { verdict, eValue, evidence: oneIn(logEvidence), exposed: total(this.#state.attempt.target), message };
  }
}

/** As live: of an interval that goes past the first so many, which ones were first is not known, and the missed ones go first. */
class CountedRun implements RunOfGate {
  readonly #judged: JudgedRule;
  #state: GateState;

  constructor(rule: Extract<GateRule, { kind: 'zeroTolerance' }>) {
    this.#judged = { rule, test: null };
    this.#state = beginGate(this.#judged, 0);
  }

  take(increment: BothSides): RunVerdict {
    const { target } = increment;
    checkCounts({ 'target.kept': target.kept, 'target.missed': target.missed });
    this.#state = takeOutcomes(this.#judged, this.#state, [{ ...increment, of: 'current' }]);
    const { verdict, message } = judgeState(this.#judged, this.#state);
    return { verdict, eValue: null, evidence: null, exposed: total(this.#state.attempt.target), message };
  }
}
