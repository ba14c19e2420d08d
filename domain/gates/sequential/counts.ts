import { beginMixture, logCapital, stepMixture, type MixtureSettings, type RestartMixture } from './restart-mixture';

/**
 * Counts of what should be rare: patients who contacted support, failed log-ins. Count patients with at least one: one person's five
 * tickets are not five. By M. Lindon, A. Malek, Anytime-valid inference for multinomial count data, NeurIPS 2022, with the mixture's restarts.
 */
export type CountState = RestartMixture;

/** Since the last look: how many, and what they are out of (patients, or patient days; above 0 where there may be any). */
export interface Count {
  count: number;
  exposure: number;
}

/** How many times what is still right. */
const MULTIPLES = [1.4, 2, 4, 10];

/** A step is one count, seen or allowed. */
const SETTINGS: MixtureSettings = { weights: [0.3, 0.3, 0.2, 0.2], reserve: 0.4, halfAge: 400 };

export function beginCounts(): CountState {
  return beginMixture(SETTINGS);
}

/**
 * Against legacy: has target more of them, an exposure, than legacy's (1 + margin)? Of all that came, target's are binomial with a share
 * that follows from the exposures, where they are Poisson. Where a patient counts once (Bernoulli, of any rate) the factor is an e-value as well:
 * 1 + x ≤ e^x, so its expectation is at most that of Poisson counts with the same means, which is 1.
 *
 * The reserve moves after the bet, by how many came: what it bets with never depends on what it bets on.
 * @param margin 0.2 allows target a fifth more
 */
export function takeCountsAgainstLegacy(margin: number, state: CountState, target: Count, legacy: Count): CountState {
  const came = target.count + legacy.count;
  const allowed = (1 + margin) * target.exposure;
  // With exposure on one side alone all of them come from there, whatever its rate.
  if (came === 0 || allowed === 0 || legacy.exposure === 0) return state;
  const logFactors = MULTIPLES.map((multiple) => {
    const more = Math.log((allowed + legacy.exposure) / (multiple * allowed + legacy.exposure));
    return target.count * (Math.log(multiple) + more) + legacy.count * more;
  });
  const { capital, age } = state;
  const bet = { capital: capital.map((log, index) => log + (logFactors[index] ?? 0)), age };
  return stepMixture(bet, SETTINGS, NO_BET, came);
}

/** What is multiplied by nothing. */
const NO_BET = MULTIPLES.map(() => 0);

/**
 * Against what the team can take: a Poisson count whose mean should be no more. @param capacity how many may come in the time since the
 * last look: above 0, and another by shift if that is how it is
 */
export function takeCountsAgainstCapacity(state: CountState, count: number, capacity: number): CountState {
  if (capacity === 0 && count === 0) return state;
  const logFactors = MULTIPLES.map((multiple) => count * Math.log(multiple) - capacity * (multiple - 1));
  return stepMixture(state, SETTINGS, logFactors, Math.max(capacity, LEAST_STEP));
}

/** Where nothing at all is allowed, what came still counts. */
const LEAST_STEP = 1e-6;

/** Natural logarithm of the e-value. */
export function countEvidence(state: CountState): number {
  return logCapital(state, SETTINGS);
}
