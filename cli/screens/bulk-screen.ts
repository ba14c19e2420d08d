import type { BulkAnswer } from '../../domain/status/exception-page';
import { table } from './table';

/** What became of each of many cases; the refused ones with the reason. */
export function bulkScreen({ results, done, refused, left, next }: BulkAnswer): string {
  if (results.length === 0) return 'No case here.';
  const rows = results.map(({ exception, state, code, detail }) => [exception, state ?? code ?? '', detail ?? '']);
  return [
    table(['#CASE', 'NOW', 'WHY NOT'], rows),
    `${done} done, ${refused} refused${next === null ? '' : `; ${left} more fit: repeat it with '--after ${next}' for them`}`,
  ].join('\n');
}
