import type { ExceptionAction, ExceptionEntry, ExceptionHistory } from '../../domain/status/exception-page';
import { table } from './table';

/** One case on one page: whose it is, how long it may take, what is to be done and what was. */
export function exceptionScreen({ exception, actions }: ExceptionHistory): string {
  return [
    heading(exception),
    stepTable(exception),
    ...(actions.length === 0 ? [] : [actions.map(actionLine).join('\n')]),
  ].join('\n\n');
}

function heading(one: ExceptionEntry): string {
  const lines: [string, string | null][] = [
    ['case', `${one.id}  ${stateWords(one)}`],
    ['queue', `${one.queue}, of ${one.owner}`],
    ['taken by', one.assignedTo],
    ['due', one.dueAt],
    ['opened', one.openedAt],
    ['because', becauseWords(one)],
    ['patient', one.subject],
    ['journey', one.journey],
    ['phase', one.phase === null ? null : `${one.phase}${one.cohort === null ? '' : `, cohort ${one.cohort}`}`],
    ['lane', one.lane],
    ['recovered', one.recoveredAt],
    ['resolved', one.resolvedAt === null ? null : `${one.resolvedAt} by ${one.resolvedBy ?? ''}`],
  ];
  return lines.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(10)} ${value}`])).join('\n');
}

export function stateWords({ state, overdue, recoveredAt, reopened }: ExceptionEntry): string {
  return [
    overdue ? 'overdue' : state,
    ...(recoveredAt === null ? [] : ['recovered']),
    ...(reopened === 0 ? [] : [reopened === 1 ? 'reopened' : `reopened ${reopened} times`]),
  ].join(', ');
}

const BECAUSE: Readonly<Record<string, string>> = {
  pause: 'waits on target',
  bringBack: 'brought back',
  link: 'two keys of one person heard two sides',
  wrongSide: 'both sides act for them',
  outage: 'heard two sides in an outage',
};

/** What opened it, without its key. */
export function becauseWords({ handoff, cause }: ExceptionEntry): string {
  return handoff ?? BECAUSE[cause.split(':', 1)[0] ?? ''] ?? 'reported';
}

function stepTable({ steps }: ExceptionEntry): string {
  return table(
    ['#STEP', 'TO DO', 'DONE BY REFERENCE'],
    steps.map(({ step, what, reference }) => [String(step), what, reference ?? '']),
  );
}

function actionLine({ action, actor, at, details }: ExceptionAction): string {
  const more = action === 'assigned' ? details['to'] : action === 'reopened' ? details['reason'] : undefined;
  const words = action === 'assigned' ? 'assigned to' : action === 'reopened' ? 'reopened:' : action;
  return `${at}  ${actor} ${words}${typeof more === 'string' ? ` ${more}` : ''}`;
}
