import { beginComparison, comparisonEvidence, takeComparison } from '../../../domain/gates/sequential/comparison';
import { beginFloor, floorEvidence, takeFloor } from '../../../domain/gates/sequential/floor';
import {
  beginSequential,
  judgeSequential,
  takeSequential,
  type SequentialRule,
} from '../../../domain/gates/sequential/outcome-gate';
import type { BothSides } from '../../../domain/gates/sequential/outcomes';
import { shareAlpha } from '../../../domain/gates/sequential/shared-alpha';
import type { Stream } from '../streams';
import type { Rule } from './rule';

export const ALPHA = 0.05;
export const RULE: SequentialRule & Required<Pick<SequentialRule, 'comparison' | 'floor'>> = {
  alpha: ALPHA,
  comparison: { margin: 0, weight: 0.5 },
  floor: { atLeast: 0.56, weight: 0.5 },
  minimumOutcomes: 100,
  goingOn: { alpha: ALPHA, notWorseBy: 0.05 },
};

export function minuteOf(stream: Stream, minute: number): BothSides {
  return {
    target: { kept: stream[4 * minute] ?? 0, missed: stream[4 * minute + 1] ?? 0 },
    legacy: { kept: stream[4 * minute + 2] ?? 0, missed: stream[4 * minute + 3] ?? 0 },
  };
}

/** The product's gate itself, as it will be asked: it decides whether one goes on, too. */
export function ourGate(rule: SequentialRule, name: string): Rule {
  return {
    name,
    decide: (stream) => {
      let state = beginSequential();
      for (let minute = 0; minute < stream.length / 4; minute += 1) {
        state = takeSequential(rule, state, minuteOf(stream, minute));
        if (state.highest >= LIMIT) return { rollsBackAfter: minute, goesOn: false };
      }
      return { rollsBackAfter: null, goesOn: judgeSequential(rule, state).verdict === 'pass' };
    },
  };
}

const LIMIT = -Math.log(ALPHA);

/** An alpha that in 24 hours rolls back about as often as a group-sequential test that uses up 5%, since an e-process spends its own over any time to come. */
export const LENIENT_ALPHA = 0.2;
const LENIENT_LIMIT = -Math.log(LENIENT_ALPHA);

export const PARTS = ['comparison', 'floor', 'gate', 'lenient'] as const;

/** Minutes after which each rolls back, null where it does not: (a) alone and (b) alone at the whole alpha, the gate of both, and that with the lenient alpha. */
export type Apart = Record<(typeof PARTS)[number], number | null>;

export function decideApart(
  stream: Stream,
  { comparison, floor }: Pick<typeof RULE, 'comparison' | 'floor'> = RULE,
): Apart {
  const decided: Apart = { comparison: null, floor: null, gate: null, lenient: null };
  let compared = beginComparison();
  let floored = beginFloor();
  let evidence = { comparison: 0, floor: 0 };
  for (let minute = 0; minute < stream.length / 4; minute += 1) {
    const outcomes = minuteOf(stream, minute);
    const mixtures = { compared: compared.mixture, floored };
    compared = takeComparison(comparison.margin, compared, outcomes);
    floored = takeFloor(floor.atLeast, floored, outcomes.target);
    // Most minutes fill no block and bring nobody: nothing new to sum up.
    if (compared.mixture === mixtures.compared && floored === mixtures.floored) continue;
    evidence = { comparison: comparisonEvidence(compared), floor: floorEvidence(floored) };
    if (evidence.comparison >= LIMIT) decided.comparison ??= minute;
    if (evidence.floor >= LIMIT) decided.floor ??= minute;
    const { logEvidence } = shareAlpha([
      { id: 'comparison', weight: comparison.weight, logEvidence: evidence.comparison },
      { id: 'floor', weight: floor.weight, logEvidence: evidence.floor },
    ]);
    if (logEvidence >= LENIENT_LIMIT) decided.lenient ??= minute;
    if (logEvidence >= LIMIT) decided.gate ??= minute;
    if (decided.comparison !== null && decided.floor !== null && decided.gate !== null) break;
  }
  return decided;
}
