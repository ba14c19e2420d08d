import type { Amount } from '../../../domain/plan/dry-run/amount';
import { unreachable } from '../../../domain/unreachable';

/** `4.4`, `at most 150`, `not known`. */
export function amountWords(amount: Amount, decimals: 0 | 1 = 1): string {
  switch (amount.kind) {
    case 'expected':
      return numberWords(amount.count, decimals);
    case 'atMost':
      return `at most ${numberWords(amount.count, decimals)}`;
    case 'unknown':
      return 'not known';
    default:
      return unreachable(amount);
  }
}

/** `12,400`. */
export function numberWords(count: number, decimals: 0 | 1 = 0): string {
  return count.toLocaleString('en', { maximumFractionDigits: decimals });
}
