import { shareWords } from '../words/ramp-words';
import type { StepSchedule } from './schedule-cohort';

/** `25% of those who arrive`, `10 a day, 20 open at most`. */
export function stepWords({ share, perDay, maxOpen }: Pick<StepSchedule, 'share' | 'perDay' | 'maxOpen'>): string {
  const step = { share: share ?? undefined, perDay: perDay ?? undefined };
  const size = perDay === null ? `${shareWords(step)} of those who arrive` : shareWords(step);
  return maxOpen === null ? size : `${size}, ${maxOpen} open at most`;
}
