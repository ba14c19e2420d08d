import type { ExceptionPage } from '../../domain/status/exception-page';
import { becauseWords, stateWords } from './exception-screen';
import { table } from './table';

export function exceptionsScreen({ exceptions, next }: ExceptionPage): string {
  if (exceptions.length === 0) return 'No case here.';
  const rows = exceptions.map((one) => [
    one.id,
    stateWords(one),
    one.dueAt,
    one.assignedTo ?? one.owner,
    one.subject,
    one.journey,
    becauseWords(one),
    one.lane ?? '',
  ]);
  const drawn = table(['#CASE', 'STATE', 'DUE', 'OWNER', 'PATIENT', 'JOURNEY', 'BECAUSE', 'LANE'], rows);
  return next === null ? drawn : `${drawn}\nThere is more: add --after ${next}`;
}
