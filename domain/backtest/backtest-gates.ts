import { BUCKETS, type GateRule, type PlanPhase } from '../plan/plan-schema';
import { comparesSides, countedRule, type CountedRule } from '../plan/counted-rule';
import { judgedRule, type JudgedRule } from '../gates/gate-state';
import { falseRollbacksOf, testedOf } from '../gates/false-rollbacks';
import { MOST_CUT_POINTS } from '../gates/sequential/cut-points';
import type { Severity } from '../plan/journey';
import type { Milliseconds } from '../time/duration';
import type { PastOccurrence } from './count-handoffs';
import { blindShare, detectableRate, medianOutcomes } from './gate-sight';
import { everyoneAtOnce, PastPlacing, pastRamp, type PastStep } from './past-ramp';
import { asNineInTen, outcomesFor, type PastOutcome } from './past-outcome';
import { replayGates, type GateReplay, type PlayedGate } from './replay-gate';

/** What a history says of a gate. Rates and shares are from 0 to 1. Of one on legacy's own times, kept are those as fast as nine in ten of the history. */
export interface GateBacktest {
  phase: string;
  gate: string;
  handoff: string;
  severity: Severity;
  rule: GateRule;
  /** Of a ratio, those without its event are kept and those with it missed, here and in the rates. */
  kept: number;
  missed: number;
  /** Over the whole history; null where nothing was kept or missed. */
  keptRate: number | null;
  /** Every outcome counted for target. Null for a comparison and a ratio: with one side there is nothing to compare. */
  oneSide: GateReplay | null;
  /** The plan's own ramp, with journeys on their sides by their buckets: both sides are the same stack, so each firing is a false one. */
  ramp: GateReplay;
  steps: StepSight[];
}

/** What a gate could have seen in one step, by the history's own volume. */
export interface StepSight {
  /** Counted from 1; one more than the ramp has is the soak. */
  step: number;
  share: number;
  perDay: number | null;
  watch: Milliseconds;
  /** On target in one watch, in the middle; null where the history is no longer than the watch. */
  outcomes: number | null;
  /** Share of time in which a watch would have had fewer outcomes on target than `minimumOutcomes`. */
  blindShare: number | null;
  /** The highest kept rate that would be caught within the watch with a chance of 80%, and how far that is below the usual; null: not even an outage. */
  catches: { keptRate: number; drop: number } | null;
}

/** What all gates of a phase would have done together: how often healthy cohorts would have been rolled back (R38). */
export interface PhaseBacktest {
  phase: string;
  /** What the plan allows. */
  falseRollbacks: number;
  ramp: GateReplay;
}

/** What a phase is played with. */
export interface PastOfPhase {
  occurrencesOf: (handoff: string) => readonly PastOccurrence[];
  latenessOf: (handoff: string) => Milliseconds;
  /** Of the journeys, by their number. */
  buckets: Int32Array;
  extent: { firstAt: number; lastAt: number };
}

/** Plays a history against the gates of a phase that are judged on outcomes: each alone, and all of them together. */
export function backtestGates(phase: PlanPhase, past: PastOfPhase): { gates: GateBacktest[]; phase: PhaseBacktest[] } {
  const tested = testedOf(phase);
  const falseRollbacks = falseRollbacksOf(phase);
  const played = phase.gates.flatMap((gate) => {
    const counted = countedRule(gate.rule);
    if (counted === undefined) return [];
    const outcomes = outcomesFor(gate.rule, past.occurrencesOf(gate.handoff), past.latenessOf(gate.handoff));
    const rule = judgedRule(gate.rule, falseRollbacks, tested);
    const seen = gate.rule.kind === 'slowerThanLegacy' ? asNineInTen(outcomes) : outcomes;
    return [{ gate, counted, seen, as: { id: gate.id, rule, outcomes } satisfies PlayedGate }];
  });
  const play = (gates: readonly PlayedGate[], steps: readonly PastStep[]): GateReplay =>
    replayGates(gates, { steps, falseRollbacks, buckets: past.buckets, ...past.extent });
  const ramp = pastRamp(phase);
  return {
    gates: played.map(({ gate, counted, seen, as }) => ({
      ...{ phase: phase.id, gate: gate.id, handoff: gate.handoff, severity: gate.severity, rule: gate.rule },
      ...countsOf(seen),
      oneSide: comparesSides(counted) ? null : play([as], everyoneAtOnce(phase)),
      ramp: play([as], ramp),
      steps: sightOf(phase, { counted, alpha: alphaOf(as.rule) }, seen, past),
    })),
    phase:
      played.length === 0
        ? []
        : [
            {
              ...{ phase: phase.id, falseRollbacks },
              ramp: play(
                played.map(({ as }) => as),
                ramp,
              ),
            },
          ],
  };
}

/** Its part of what the phase allows; a comparison or a ratio has most of that while legacy has outcomes of the same time, and one of three has a third. */
function alphaOf({ rule, test }: JudgedRule): number | null {
  if (test === null) return null;
  const alpha = test.alpha * ((test.comparison ?? test.ratio)?.weight ?? 1);
  return rule.kind === 'slowerThanLegacy' ? alpha / MOST_CUT_POINTS : alpha;
}

function countsOf(outcomes: readonly PastOutcome[]): Pick<GateBacktest, 'kept' | 'missed' | 'keptRate'> {
  const kept = countOf(outcomes, 'kept');
  const missed = countOf(outcomes, 'missed');
  return { kept, missed, keptRate: kept + missed === 0 ? null : kept / (kept + missed) };
}

function sightOf(
  phase: PlanPhase,
  { counted, alpha }: { counted: CountedRule; alpha: number | null },
  outcomes: readonly PastOutcome[],
  { buckets, extent: { firstAt, lastAt } }: PastOfPhase,
): StepSight[] {
  const { keptRate } = countsOf(outcomes);
  let before = 0;
  let legacy = 0;
  return pastRamp(phase).map((step, index) => {
    const { target, others } = outcomesBySide(step, outcomes, buckets, firstAt);
    const inWatch = medianOutcomes(target, step.watch, firstAt, lastAt);
    legacy += medianOutcomes(others, step.watch, firstAt, lastAt) ?? 0;
    const caught =
      keptRate === null || inWatch === null
        ? null
        : detectableRate(counted, keptRate, { during: inWatch, before, legacy }, alpha);
    const asked = stillAsked(counted, before);
    before += inWatch ?? 0;
    return {
      step: index + 1,
      share: step.share / BUCKETS,
      perDay: step.perDay,
      watch: step.watch,
      outcomes: inWatch,
      blindShare: asked === 0 ? 0 : blindShare(target, asked, step.watch, firstAt, lastAt),
      catches: caught === null || keptRate === null ? null : { keptRate: caught, drop: keptRate - caught },
    };
  });
}

/** How many outcomes a step waits for: of the first so many, those that had not come in the steps before. */
function stillAsked(rule: CountedRule, before: number): number {
  const once = rule.kind === 'zeroTolerance' && rule.ofFirst !== undefined;
  return once ? Math.max(0, rule.minimumOutcomes - before) : rule.minimumOutcomes;
}

/** When outcomes could be counted, had the whole history passed in this step. */
function outcomesBySide(
  step: PastStep,
  outcomes: readonly PastOutcome[],
  buckets: Int32Array,
  firstAt: number,
): { target: number[]; others: number[] } {
  const placing = new PastPlacing(buckets, step, firstAt);
  const target: number[] = [];
  const others: number[] = [];
  for (const { journey, startedAt, outcome, at } of outcomes) {
    const side = placing.sideOf(journey, startedAt);
    if (outcome === 'kept' || outcome === 'missed') (side === 'target' ? target : others).push(at);
  }
  const byTime = (a: number, b: number): number => a - b;
  return { target: target.sort(byTime), others: others.sort(byTime) };
}

function countOf(outcomes: readonly PastOutcome[], wanted: 'kept' | 'missed'): number {
  return outcomes.reduce((count, { outcome }) => (outcome === wanted ? count + 1 : count), 0);
}
