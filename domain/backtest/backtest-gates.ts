import { BUCKETS, type GateRule, type PlanGate, type PlanPhase } from '../plan/plan-schema';
import { countedRule, type CountedRule } from '../plan/counted-rule';
import type { Severity } from '../plan/journey';
import type { Milliseconds } from '../time/duration';
import type { PastOccurrence } from './count-handoffs';
import { blindShare, detectableRate, medianOutcomes } from './gate-sight';
import { everyoneAtOnce, PastPlacing, pastRamp, type PastStep } from './past-ramp';
import { replayGate, type GateReplay } from './replay-gate';

/** What a history says of a gate. Rates and shares are from 0 to 1. */
export interface GateBacktest {
  phase: string;
  gate: string;
  handoff: string;
  severity: Severity;
  rule: GateRule;
  kept: number;
  missed: number;
  /** Over the whole history; null where nothing was kept or missed. */
  keptRate: number | null;
  /** Every outcome counted for target. Null for a comparison: with one side there is nothing to compare. */
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

/** Plays a history against every gate of a phase that is judged on outcomes. @param buckets of the journeys, by their number */
export function backtestGates(
  phase: PlanPhase,
  occurrencesOf: (handoff: string) => readonly PastOccurrence[],
  buckets: Int32Array,
  extent: { firstAt: number; lastAt: number },
): GateBacktest[] {
  return phase.gates.flatMap((gate) => {
    const counted = countedRule(gate.rule);
    if (counted === undefined) return [];
    const occurrences = asGateSees(gate.rule, occurrencesOf(gate.handoff));
    return [backtestGate(phase, gate, counted, occurrences, buckets, extent)];
  });
}

/** Where it is about how long they took, those that took longer are missed. */
function asGateSees(rule: GateRule, occurrences: readonly PastOccurrence[]): readonly PastOccurrence[] {
  if (rule.kind !== 'latency') return occurrences;
  return occurrences.map((occurrence) =>
    occurrence.outcome === 'kept' && occurrence.endedAt - occurrence.startedAt > rule.within
      ? { ...occurrence, outcome: 'missed' }
      : occurrence,
  );
}

function backtestGate(
  phase: PlanPhase,
  gate: PlanGate,
  rule: CountedRule,
  occurrences: readonly PastOccurrence[],
  buckets: Int32Array,
  extent: { firstAt: number; lastAt: number },
): GateBacktest {
  const kept = countOf(occurrences, 'kept');
  const missed = countOf(occurrences, 'missed');
  const keptRate = kept + missed === 0 ? null : kept / (kept + missed);
  const play = (steps: readonly PastStep[]): GateReplay => replayGate(rule, steps, occurrences, buckets, extent);
  return {
    phase: phase.id,
    gate: gate.id,
    handoff: gate.handoff,
    severity: gate.severity,
    rule: gate.rule,
    kept,
    missed,
    keptRate,
    oneSide: rule.kind === 'comparison' ? null : play(everyoneAtOnce(phase)),
    ramp: play(pastRamp(phase)),
    steps: sightOf(phase, rule, keptRate, occurrences, buckets, extent),
  };
}

function sightOf(
  phase: PlanPhase,
  rule: CountedRule,
  keptRate: number | null,
  occurrences: readonly PastOccurrence[],
  buckets: Int32Array,
  { firstAt, lastAt }: { firstAt: number; lastAt: number },
): StepSight[] {
  let before = 0;
  let legacy = 0;
  return pastRamp(phase).map((step, index) => {
    const { target, others } = outcomesBySide(step, occurrences, buckets, firstAt);
    const outcomes = medianOutcomes(target, step.watch, firstAt, lastAt);
    legacy += medianOutcomes(others, step.watch, firstAt, lastAt) ?? 0;
    const caught =
      keptRate === null || outcomes === null
        ? null
        : detectableRate(rule, keptRate, { during: outcomes, before, legacy });
    before += outcomes ?? 0;
    return {
      step: index + 1,
      share: step.share / BUCKETS,
      perDay: step.perDay,
      watch: step.watch,
      outcomes,
      blindShare: blindShare(target, rule.minimumOutcomes, step.watch, firstAt, lastAt),
      catches: caught === null || keptRate === null ? null : { keptRate: caught, drop: keptRate - caught },
    };
  });
}

/** When outcomes became known, had the whole history passed in this step. */
function outcomesBySide(
  step: PastStep,
  occurrences: readonly PastOccurrence[],
  buckets: Int32Array,
  firstAt: number,
): { target: number[]; others: number[] } {
  const placing = new PastPlacing(buckets, step, firstAt);
  const target: number[] = [];
  const others: number[] = [];
  for (const { journey, startedAt, outcome, endedAt } of occurrences) {
    const side = placing.sideOf(journey, startedAt);
    if (outcome === 'kept' || outcome === 'missed') (side === 'target' ? target : others).push(endedAt);
  }
  const byTime = (a: number, b: number): number => a - b;
  return { target: target.sort(byTime), others: others.sort(byTime) };
}

function countOf(occurrences: readonly PastOccurrence[], wanted: 'kept' | 'missed'): number {
  return occurrences.reduce((count, { outcome }) => (outcome === wanted ? count + 1 : count), 0);
}
