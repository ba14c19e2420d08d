import type { GateRule } from '../plan/plan-schema';
import { unreachable } from '../unreachable';
import type { GateReading, OutcomeCounts } from './outcome-counts';
import type { Verdict } from './verdict';

export interface Judgement {
  verdict: Verdict;
  /** Both numbers in one sentence: `kept 0.41 < 0.97 (n=212)`. */
  message: string;
}

/** Rates are not exact in binary: 100% less 95% is more than 5% there. Far less than one outcome in a hundred million. */
const NOISE = 1e-12;

/**
 * A gate's verdict on matured outcomes. A limit is crossed on all of the attempt; passing asks for enough outcomes of the
 * current epoch too (I3). Plain thresholds: the sequential tests take the same reading and give the same judgement.
 */
export function judgeGate(rule: GateRule, reading: GateReading): Judgement {
  switch (rule.kind) {
    case 'floor':
      return judgeFloor(rule, reading);
    case 'comparison':
      return judgeComparison(rule, reading);
    case 'zeroTolerance':
      return judgeZeroTolerance(rule, reading);
    case 'latency':
    case 'slowerThanLegacy':
    case 'ratio':
    case 'capacity':
      // Such a reading has neither how long each took, nor what else came, nor what is open.
      return { verdict: 'sourceError', message: `outcomes alone do not say what a rule of kind ${rule.kind} asks` };
    default:
      return unreachable(rule);
  }
}

function judgeFloor(rule: Extract<GateRule, { kind: 'floor' }>, { target }: GateReading): Judgement {
  const n = total(target.attempt);
  if (n < rule.minimumOutcomes) return tooFew('target', n, rule.minimumOutcomes);
  const rate = keptRate(target.attempt);
  if (rate < rule.atLeast - NOISE) {
    return { verdict: 'limitCrossed', message: `kept ${round(rate)} < ${round(rule.atLeast)} (n=${n})` };
  }
  return passing(rule.minimumOutcomes, target.epoch, `kept ${round(rate)} >= ${round(rule.atLeast)} (n=${n})`);
}

function judgeComparison(rule: Extract<GateRule, { kind: 'comparison' }>, { target, legacy }: GateReading): Judgement {
  const n = { target: total(target.attempt), legacy: total(legacy.attempt) };
  if (n.target < rule.minimumOutcomes) return tooFew('target', n.target, rule.minimumOutcomes);
  if (n.legacy < rule.minimumOutcomes) return tooFew('legacy', n.legacy, rule.minimumOutcomes);
  const rate = { target: keptRate(target.attempt), legacy: keptRate(legacy.attempt) };
  const numbers = `kept ${round(rate.target)} on target, ${round(rate.legacy)} on legacy, margin ${round(rule.margin)} (n=${n.target} and ${n.legacy})`;
  if (rate.legacy - rate.target > rule.margin + NOISE) return { verdict: 'limitCrossed', message: numbers };
  return passing(rule.minimumOutcomes, target.epoch, numbers);
}

function judgeZeroTolerance(rule: Extract<GateRule, { kind: 'zeroTolerance' }>, { target }: GateReading): Judgement {
  const { missed } = target.attempt;
  const n = total(target.attempt);
  const what = rule.counts === 'secondEnds' ? 'ended twice' : 'missed';
  if (missed > rule.missed) return { verdict: 'limitCrossed', message: `${what} ${missed} > ${rule.missed} (n=${n})` };
  return passing(rule.minimumOutcomes, target.epoch, `${what} ${missed} <= ${rule.missed} (n=${n})`);
}

function passing(minimum: number, epoch: OutcomeCounts, message: string): Judgement {
  const n = total(epoch);
  if (n >= minimum) return { verdict: 'pass', message };
  return {
    verdict: 'insufficient',
    message: `${message}; ${n} of the ${minimum} outcomes needed since the split last changed`,
  };
}

function tooFew(side: string, n: number, minimum: number): Judgement {
  return { verdict: 'insufficient', message: `${n} of the ${minimum} outcomes needed on ${side}` };
}

/** Released ones say nothing of the stack. */
function total(counts: OutcomeCounts): number {
  return counts.kept + counts.missed;
}

function keptRate(counts: OutcomeCounts): number {
  return counts.kept / total(counts);
}

function round(proportion: number): string {
  return proportion.toFixed(3).replace(/0$/, '');
}
