import { beginFloor, floorEvidence, takeFloor, type FloorState } from './floor';
import { logSum, logit, rateOf } from './log-arithmetic';
import { logLikelihood, total, type Outcomes } from './outcomes';

/**
 * Legacy has drained: is target's kept rate below what legacy's was by more than a margin, or below another rate that follows from it? What is left of legacy are so many kept and so
 * many missed; its rate stays unknown, and is never put in place of a known one.
 *
 * Each rate that legacy may have had is a hypothesis of its own. Against it speak legacy's frozen outcomes, if they came out better, and target's since, if
 * they came out below that rate less the margin; the product of both e-values is one, as they are of different patients. The evidence against all
 * of them is the least that speaks against any. Rates are looked at in ranges: legacy's e-value at the upper end and target's at the lower are less than
 * those of any rate between. A method of the family of L. Wasserman, A. Ramdas, S. Balakrishnan, Universal inference, PNAS 117, 2020.
 *
 * It takes legacy's rate to be what it would still be today. Where rates follow the hour or the weekday, freeze whole weeks.
 */
export interface FrozenBaselineState {
  /** By rising rate: together all that there are. One alone, where legacy's outcomes are too few to say anything by. */
  ranges: RateRange[];
}

interface RateRange {
  /** What is allowed at the lowest rate of legacy's in it, such as that less the margin; null: no rate is below that. */
  atLeast: number | null;
  /** Log e-value of legacy's outcomes against every rate in it. */
  logLegacy: number;
  floor: FloorState;
}

/** How far above a rate legacy's outcomes may have come out, in log odds. */
const ALTERNATIVES = [0.03, 0.06, 0.12, 0.25, 0.5, 1, 2];

/** Below the rate against which legacy's own outcomes say this much, nothing of target's is asked. */
const SAYS_ENOUGH = Math.log(100_000);

const RANGES = 10;

/** @param legacy its outcomes of the attempt, and of before it where they are alike. @param margin from 0 to below 1 */
export function freezeBaseline(legacy: Outcomes, margin: number): FrozenBaselineState {
  return freezeBaselineBy(legacy, (rate) => rate - margin);
}

/**
 * @param allowed the lowest rate that target may have where legacy's was this, both above 0 and below 1: rises with it; 0 or less where any may be
 */
export function freezeBaselineBy(legacy: Outcomes, allowed: (rate: number) => number): FrozenBaselineState {
  const middle = logit((legacy.kept + 0.5) / (total(legacy) + 1));
  const lowest = rateAgainstWhich(legacy, middle);
  if (lowest === null) return { ranges: [{ atLeast: null, logLegacy: NO_BET, floor: beginFloor() }] };
  const edges = Array.from({ length: RANGES + 1 }, (_, index) => rateOf(lowest + ((middle - lowest) * index) / RANGES));
  const ranges = edges.map((lower, index) => {
    const upper = edges[index + 1];
    const atLeast = allowed(lower);
    return {
      atLeast: atLeast > 0 ? atLeast : null,
      logLegacy: upper === undefined ? NO_BET : logLegacyAgainst(legacy, upper),
      floor: beginFloor(),
    };
  });
  const below = { atLeast: null, logLegacy: logLegacyAgainst(legacy, rateOf(lowest)), floor: beginFloor() };
  return { ranges: [below, ...ranges] };
}

/** Whether there is a rate that target may fall below, whatever comes: not where it was frozen by next to nothing. */
export function saysAnything({ ranges }: FrozenBaselineState): boolean {
  return ranges.some(({ atLeast }) => atLeast !== null);
}

/**
 * What the frozen baseline counts as while legacy is still there. Legacy's own outcomes never say less against any rate, so whenever it freezes,
 * and by whatever that is decided, evidence and the chance of it add up as if it had been so from the start.
 */
export function evidenceBeforeFreezing(): number {
  return NO_BET;
}

/** @param increment target's outcomes since the baseline froze, matured since the last look */
export function takeFrozen({ ranges }: FrozenBaselineState, increment: Outcomes): FrozenBaselineState {
  return {
    ranges: ranges.map((range) =>
      range.atLeast === null ? range : { ...range, floor: takeFloor(range.atLeast, range.floor, increment) },
    ),
  };
}

/** Natural logarithm of the e-value. */
export function frozenEvidence({ ranges }: FrozenBaselineState): number {
  return Math.min(...ranges.map(({ logLegacy, floor }) => logLegacy + floorEvidence(floor)));
}

/**
 * Half of the capital bets that legacy's rate is higher than this, half does not bet: near the rate that legacy shows it costs no more than that.
 * Falls as the rate rises, so its value at the upper end of a range holds for all of it.
 */
export function logLegacyAgainst(legacy: Outcomes, rate: number): number {
  const bets = ALTERNATIVES.map(
    (above) => logLikelihood(legacy, rateOf(logit(rate) + above)) - logLikelihood(legacy, rate),
  );
  return logSum([NO_BET, Math.log(0.5 / ALTERNATIVES.length) + logSum(bets)]);
}

/** Against the highest rates nothing is left but the half that does not bet. */
const NO_BET = Math.log(0.5);

/** Log odds of the highest rate that legacy's outcomes refute by themselves; null where they refute none. */
function rateAgainstWhich(legacy: Outcomes, middle: number): number | null {
  let low = middle - FARTHEST;
  let high = middle;
  if (logLegacyAgainst(legacy, rateOf(low)) < SAYS_ENOUGH) return null;
  for (let turn = 0; turn < HALVINGS; turn += 1) {
    const between = (low + high) / 2;
    if (logLegacyAgainst(legacy, rateOf(between)) >= SAYS_ENOUGH) low = between;
    else high = between;
  }
  return low;
}

const FARTHEST = 10;
const HALVINGS = 40;
