import type {
  EventReference,
  ExceptionAction,
  ExceptionEntry,
  ExceptionHistory,
  ExceptionMark,
} from '../../domain/status/exception-page';
import { eventsWords, HELD_BECAUSE, HELD_UNTIL } from './held-words';
import { redriveLine } from './redrive-line';
import { table } from './table';

/** One case on one page: whose it is, how long it may take, what is to be done and what was. */
export function exceptionScreen({
  exception,
  merged,
  again,
  held,
  givenUp,
  actions,
  redrives,
  marks,
}: ExceptionHistory): string {
  return [
    heading(exception, merged, again),
    ...(held.length === 0
      ? []
      : [[...held.map(heldLine), `'handoff crosswalk held --case ${exception.id}' lists them.`].join('\n')]),
    ...(givenUp === 0
      ? []
      : [`${eventsWords(givenUp)} of a vendor's given up for lost with it: reopening the case holds them again.`]),
    stepTable(exception),
    ...(actions.length === 0 ? [] : [actions.map(actionLine).join('\n')]),
    ...(redrives.length === 0 ? [] : [redrives.map(redriveLine).join('\n')]),
    ...(marks.length === 0 ? [] : [marks.map(markLine).join('\n')]),
  ].join('\n\n');
}

function heading(one: ExceptionEntry, merged: readonly string[], again: readonly { at: string }[]): string {
  const lines: [string, string | null][] = [
    ['case', `${one.id}  ${stateWords(one)}`],
    ['queue', `${one.queue}, of ${one.owner}`],
    ['taken by', one.assignedTo],
    ['due', one.dueAt],
    ['opened', one.openedAt],
    ['because', becauseWords(one)],
    ...whyLines(one),
    ['patient', one.subject],
    ['journey', one.journey],
    ['phase', one.phase === null ? null : `${one.phase}${one.cohort === null ? '' : `, cohort ${one.cohort}`}`],
    ['lane', one.lane],
    ['recovered', one.recoveredAt === null ? null : `${one.recoveredAt}${byWords(one.recoveredBy)}`],
    [
      'happened',
      one.occurrences === 1 ? null : `${one.occurrences} times, the last at ${again.at(-1)?.at ?? one.openedAt}`,
    ],
    ['put off', one.snoozed === null ? null : `until ${one.snoozed.until} by ${one.snoozed.by}: ${one.snoozed.reason}`],
    ['to accept', one.acceptance === null ? null : `${one.acceptance.reason}, asked by ${one.acceptance.askedBy}`],
    ['part of', one.mergedInto],
    ['has in it', merged.length === 0 ? null : merged.join(', ')],
    [
      one.state === 'open' ? 'resolved' : one.state,
      one.resolvedAt === null ? null : `${one.resolvedAt} by ${one.resolvedBy ?? ''}`,
    ],
  ];
  return lines.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(10)} ${value}`])).join('\n');
}

function heldLine({ because, events }: ExceptionHistory['held'][number]): string {
  return `${eventsWords(events)} held, since ${HELD_BECAUSE[because]}. ${HELD_UNTIL[because]}`;
}

/** What was wrong with the ends that came: by the plan's own names, so that a reader of it knows what to mend. */
function whyLines({ why }: ExceptionEntry): [string, string][] {
  const { failed, lacking = [], secondEnd } = why ?? {};
  return [
    ...(failed === undefined
      ? []
      : [['not met', `${failed.condition}, by ${eventWords(failed.end)}`] satisfies [string, string]]),
    ...(lacking.length === 0 ? [] : [['lacking', lacking.join(', ')] satisfies [string, string]]),
    ...(secondEnd === undefined ? [] : [['once more', eventWords(secondEnd)] satisfies [string, string]]),
  ];
}

function byWords(event: EventReference | null): string {
  return event === null ? '' : ` by ${eventWords(event)}`;
}

function eventWords({ source, id, type, at }: EventReference): string {
  return `${type} ${id} of ${source} at ${at}`;
}

export function stateWords(one: ExceptionEntry): string {
  const { state, overdue, recoveredAt, reopened, snoozed, acceptance, occurrences } = one;
  return [
    overdue ? 'overdue' : state,
    ...(snoozed === null ? [] : ['put off']),
    ...(state !== 'open' || acceptance === null ? [] : ['to accept']),
    ...(recoveredAt === null ? [] : ['recovered']),
    ...(occurrences === 1 ? [] : [`${occurrences} times`]),
    ...(reopened === 0 ? [] : [reopened === 1 ? 'reopened' : `reopened ${reopened} times`]),
  ].join(', ');
}

const BECAUSE: Readonly<Record<string, string>> = {
  pause: 'waits on target',
  bringBack: 'brought back',
  link: 'two keys of one person heard two sides',
  wrongSide: 'both sides act for them',
  outage: 'heard two sides in an outage',
  unlinked: 'a vendor told of somebody whom nobody knows',
  crosswalk: 'a vendor names two as one',
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
  return `${at}  ${actor} ${actionWords(action, (name) => textOf(details[name]))}`.trimEnd();
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function actionWords(action: ExceptionAction['action'], of: (detail: string) => string): string {
  switch (action) {
    case 'assigned':
      return `assigned to ${of('to')}`;
    case 'reopened':
      return `reopened: ${of('reason')}`;
    case 'snoozed':
      return `put off until ${of('until')}: ${of('reason')}`;
    case 'woken':
      return 'took it up again';
    case 'stepDone':
      return `did step ${of('step')}: ${of('reference')}`;
    case 'acceptanceAsked':
      return `asked to accept it: ${of('reason')}`;
    case 'acceptanceRefused':
      return `refused to accept it: ${of('reason')}`;
    case 'accepted':
      return `accepted it: ${of('reason')}`;
    case 'merged':
      return `merged it into case ${of('into')}`;
    case 'tookIn':
      return `merged case ${of('merged')} into it`;
    case 'redriven':
      return `had the missing command sent again: ${of('reason')}`;
    case 'resolved':
      return 'resolved';
  }
}

const MARKS = { opened: 'opened', warned: 'warned', overdue: 'overdue', escalated: 'escalated to' };

function markLine({ kind, team, doneAt, told }: ExceptionMark): string {
  const whom = kind === 'escalated' ? ` ${team}` : `: ${team}`;
  return `${doneAt}  clock ${MARKS[kind]}${whom}${told ? '' : ' (too late to be told)'}`;
}
