import { BUCKETS, type RampStep } from '../plan-schema';
import { percentWords } from './percent-words';

/** How much of arrivals a step moves: `10%`, `8 a day, 40 open at most`. */
export function shareWords({ share, perDay, maxOpen }: Pick<RampStep, 'share' | 'perDay' | 'maxOpen'>): string {
  const moved = share === undefined ? `${perDay ?? 0} a day` : percentWords(share / BUCKETS);
  return maxOpen === undefined ? moved : `${moved}, ${maxOpen} open at most`;
}
