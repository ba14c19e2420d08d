import { InvalidArgumentError } from 'commander';

/** Alpha of the sequential tests, for which a plan has no field. */
export const DEFAULT_ALPHA = 0.05;

/** Above 0 and below 1. @throws InvalidArgumentError, which commander prints as a usage error */
export function chance(text: string): number {
  const number = Number(text);
  if (!/^\d*\.?\d+(e-\d+)?$/i.test(text) || !(number > 0 && number < 1)) {
    throw new InvalidArgumentError('Give a number above 0 and below 1, such as 0.05.');
  }
  return number;
}
