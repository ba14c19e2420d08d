import { logAdd, logSum } from './log-arithmetic';

/**
 * An e-process that bets on several alternatives at once and keeps capital back for a failure that starts late.
 *
 * Some of the capital is spread over the alternatives from the start. The rest, the reserve, goes over to them as evidence comes in: after
 * `age` steps halfAge / (age + halfAge) of it is left. What goes over at one moment starts there, unharmed by what the alternatives lost while
 * all was well. It is moved before the outcomes that it bets on are looked at, so the sum stays an e-process: while nothing is wrong its
 * expectation never rises above 1, and by Ville's inequality (J. Ville, Étude critique de la notion de collectif, 1939) the chance that it
 * ever reaches 1/α is at most α, however often one looks.
 *
 * A reserve that shrank by a constant part a step would cost a late failure evidence in proportion to the time before it; shrinking as 1/age
 * costs it only the logarithm of that time.
 */
export interface RestartMixture {
  /** Natural logarithm of the capital on each alternative. */
  capital: number[];
  /** Steps so far. */
  age: number;
}

export interface MixtureSettings {
  /** How the capital is spread over the alternatives; together 1. */
  weights: readonly number[];
  /** What part of the capital waits at the start: 0 to below 1. */
  reserve: number;
  /** Steps after which half of the reserve is left. */
  halfAge: number;
}

export function beginMixture({ weights, reserve }: MixtureSettings): RestartMixture {
  return { capital: weights.map((weight) => Math.log((1 - reserve) * weight)), age: 0 };
}

/**
 * @param logFactors by alternative, the log of an e-value: what its capital is multiplied by
 * @param steps how many this counts for, above 0; must not depend on the outcomes
 */
export function stepMixture(
  { capital, age }: RestartMixture,
  settings: MixtureSettings,
  logFactors: readonly number[],
  steps: number,
): RestartMixture {
  const moved = logReserve(age, settings) + Math.log(steps / (age + steps + settings.halfAge));
  return {
    capital: capital.map(
      (log, index) => logAdd(log, moved + Math.log(settings.weights[index] ?? 0)) + (logFactors[index] ?? 0),
    ),
    age: age + steps,
  };
}

/** Natural logarithm of all the capital: the value of the e-process. 0 at the start. */
export function logCapital({ capital, age }: RestartMixture, settings: MixtureSettings): number {
  return logAdd(logSum(capital), logReserve(age, settings));
}

function logReserve(age: number, { reserve, halfAge }: MixtureSettings): number {
  return Math.log(reserve) - Math.log1p(age / halfAge);
}
