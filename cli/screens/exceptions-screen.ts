import type { ExceptionPage } from '../../domain/status/exception-page';
import { table } from './table';

export function exceptionsScreen({ exceptions, next }: ExceptionPage): string {
  if (exceptions.length === 0) return 'No case here.';
  const rows = exceptions.map((one) => [
    one.id,
    one.overdue ? 'overdue' : one.recoveredAt === null ? one.state : `${one.state}, recovered`,
    one.dueAt,
    one.owner,
    one.subject,
    one.journey,
    one.handoff ?? 'brought back',
  ]);
  const drawn = table(['#ID', 'STATE', 'DUE', 'OWNER', 'PATIENT', 'JOURNEY', 'HANDOFF'], rows);
  return next === null ? drawn : `${drawn}\nThere is more: add --after ${next}`;
}
