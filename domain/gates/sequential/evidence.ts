/** Does the e-value reach 1/α? @param alpha chance of a healthy phase to be rolled back at all, above 0 and below 1 */
export function reaches(logEvidence: number, alpha: number): boolean {
  return logEvidence >= -Math.log(alpha);
}

/**
 * What an e-value says in words: of so many healthy attempts at most one ever shows as much (Ville's inequality, so it is the highest value so
 * far that is meant). `1 in 4,100`: two digits, rounded down.
 */
export function oneIn(highestLogEvidence: number): string {
  if (highestLogEvidence >= SHOWN_UP_TO) return 'less than 1 in 1,000,000,000';
  const attempts = Math.max(1, Math.exp(highestLogEvidence));
  const unit = 10 ** (Math.floor(Math.log10(attempts)) - 1);
  const shown = attempts < 10 ? Math.floor(attempts * 10) / 10 : Math.floor(attempts / unit) * unit;
  return `1 in ${String(shown).replace(/\B(?=(\d{3})+$)/g, ',')}`;
}

/** The same of a target: `1 in 4,100 if healthy`. */
export function ifHealthy(highestLogEvidence: number): string {
  return highestLogEvidence <= 0 ? 'nothing speaks against it' : `${oneIn(highestLogEvidence)} if healthy`;
}

/**
 * Where a floor is crossed though all outcomes together are not below it: a failure that starts late is seen before it has brought down the rate of
 * the whole attempt.
 */
export const BY_A_STRETCH = 'by a stretch of them that is far below';

const SHOWN_UP_TO = Math.log(1e9);
