import { SeenInTime } from '../../gates/power/seen-in-time';
import { falseRollbacksOf, testedOf } from '../../gates/false-rollbacks';
import { formatDuration } from '../../time/duration';
import { countedRule, type KeptRule } from '../counted-rule';
import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { GateRule, PlanGate, PlanPhase } from '../plan-schema';
import { cohortVolumes } from '../volume/cohort-volumes';
import { stepFigures, type StepFigures } from '../volume/watched-steps';
import { readable, type Rule } from './rule';
import { isWhole } from './volume';

const DAY = 86_400_000;
/** The kept rate of a handoff without a floor. */
const KEPT = 0.9;
/** A comparison has so much of its gate's chance while legacy is there (domain/gates/sequential/rule-of-plan.ts). */
const OF_COMPARISON = 0.8;
/** A fall that nobody would call a detail. */
const FALL = 0.5;
/** Nobody mends more of them one by one. */
const MOST_OTHERS = 99;

/** The gates of one handoff in a phase. */
interface Watchers {
  /** Of the first of them. */
  path: PlanPath;
  handoff: string;
  /** Each with the kept rate of what is well, on its own scale. */
  rules: { rule: KeptRule; alpha: number; healthy: number }[];
}

interface Unseen {
  step: StepFigures;
  cohort: string;
  patients: number;
  /** Not even that nothing is kept. */
  outage: boolean;
}

/**
 * R35: at small volume a step may be over before any gate of a handoff can have seen that it fails. What is invisible is said; a plan that has people look at
 * the first ones of the step, sends synthetic patients, or counts each missed one, knows that already.
 */
export const outagesSeen: Rule = function* ({ phases }) {
  const seen = new SeenInTime();
  for (const [index, phase] of readable(phases)) {
    // One that cannot be read may be of either kind.
    const gates = [...readable(phase.gates)];
    if (gates.length < (phase.gates?.length ?? 0) || gates.some(([, { source }]) => source?.kind === 'synthetic'))
      continue;
    for (const watchers of watchersOf(phase, ['phases', index, 'gates'])) {
      const unseen = [...unseenBy(watchers, phase, seen)];
      const [first] = unseen;
      if (first !== undefined) yield invisible(watchers, first, unseen.length - 1);
    }
  }
};

function watchersOf(phase: Draft<PlanPhase>, path: PlanPath): Watchers[] {
  const gates = [...readable(phase.gates)];
  const whole = gates.flatMap(([at, gate]) =>
    gate.rule !== undefined && isWhole(gate.rule) ? [{ at, gate, rule: gate.rule }] : [],
  );
  const tested = testedOf({ gates: whole });
  const alpha = falseRollbacksOf(phase) / Math.max(1, tested);
  const found = new Map<string, Watchers | undefined>();
  for (const { at, gate, rule } of whole) {
    const counted = countedRule(rule);
    // What else comes says nothing of what is kept, and how long legacy takes nobody knows here.
    if (counted === undefined || counted.kind === 'ratio' || rule.kind === 'slowerThanLegacy') continue;
    if (gate.handoff === undefined) continue;
    // Each missed one counts there: an outage is seen with the first few.
    if (counted.kind === 'zeroTolerance' || (found.has(gate.handoff) && found.get(gate.handoff) === undefined)) {
      found.set(gate.handoff, undefined);
      continue;
    }
    const of = found.get(gate.handoff) ?? { path: [...path, at], handoff: gate.handoff, rules: [] };
    of.rules.push({
      rule: counted,
      alpha: counted.kind === 'comparison' ? alpha * OF_COMPARISON : alpha,
      healthy: healthyRate(rule, gate.handoff, whole),
    });
    found.set(gate.handoff, of);
  }
  return [...found.values()].filter((one) => one !== undefined);
}

/** As the phase says of the handoff by its highest floor; of a latency, by itself. */
function healthyRate(
  rule: GateRule,
  handoff: string,
  gates: readonly { gate: Draft<PlanGate>; rule: GateRule }[],
): number {
  if (rule.kind === 'latency' && rule.margin === undefined) return rule.percentile / 100;
  const floors = gates.flatMap(({ gate, rule: other }) =>
    gate.handoff === handoff && other.kind === 'floor' ? [other.atLeast] : [],
  );
  return floors.length === 0 ? KEPT : Math.max(...floors);
}

function* unseenBy({ rules }: Watchers, phase: Draft<PlanPhase>, seen: SeenInTime): Generator<Unseen> {
  for (const [{ id = '', ramp = phase.ramp }, volume] of cohortVolumes(phase)) {
    for (const step of stepFigures(ramp, volume, 0)) {
      const checks = ramp?.[step.number - 1]?.checks;
      if (checks !== undefined && checks.length > 0) continue;
      const patients = Math.floor((step.onTarget * step.watch) / DAY);
      const share = step.onTarget / volume;
      const sees = (kept: (healthy: number) => number): boolean =>
        rules.some(({ rule, alpha, healthy }) =>
          seen.within(patients, { rule, alpha, share, target: kept(healthy), legacy: healthy }),
        );
      if (sees((healthy) => Math.max(0, healthy - FALL))) continue;
      yield { step, cohort: id, patients, outage: !sees(() => 0) };
    }
  }
}

function invisible({ path, handoff }: Watchers, { step, cohort, patients, outage }: Unseen, others: number): Finding {
  return {
    code: 'WH645',
    path,
    message: () => {
      const more =
        others === 0 ? '' : ` (and ${Math.min(others, MOST_OTHERS)}${others > MOST_OTHERS ? ' or more' : ''} more)`;
      const what = outage ? 'that nothing of it is kept any more' : `a fall by ${FALL * 100} points`;
      return (
        `In step ${step.number} of ${quoteName(cohort)}${more} ${patients} at most go to target in the ${formatDuration(step.watch)} that it is watched: no gate of ${quoteName(handoff)} sees ${what} there in nine runs of ten. ` +
        "Let people look at the first ones ('checks'), send synthetic patients, add '{ kind: zeroTolerance }' on it, or watch longer."
      );
    },
  };
}
