import { logSum } from './log-arithmetic';

/** One of several tests that share an α. */
export interface Part<Id extends string = string> {
  id: Id;
  /** Its part of α: above 0; those of all parts add up to 1. */
  weight: number;
  /** Natural logarithm of its e-value. */
  logEvidence: number;
}

/**
 * Several tests as one: the weighted mean of their e-values is an e-value however they depend on each other, so that all of them
 * together roll a healthy phase back with probability at most α. V. Vovk, R. Wang, E-values: calibration, combination and applications, Annals of Statistics 49, 2021.
 * @returns also the part that contributes most: the one to name where a limit is crossed. @throws RangeError where weights do not add up to 1
 */
export function shareAlpha<Id extends string>(parts: readonly Part<Id>[]): { logEvidence: number; carriedBy: Id } {
  const [first] = parts;
  const sum = parts.reduce((before, { weight }) => before + weight, 0);
  if (first === undefined || Math.abs(sum - 1) > ROUNDING) {
    throw new RangeError(`The weights of tests that share an α must add up to 1 (they add up to ${sum}).`);
  }
  const weighted = parts.map(({ id, weight, logEvidence }) => ({ id, log: Math.log(weight) + logEvidence }));
  const most = weighted.reduce((best, part) => (part.log > best.log ? part : best));
  return { logEvidence: logSum(weighted.map(({ log }) => log)), carriedBy: most.id };
}

const ROUNDING = 1e-9;
