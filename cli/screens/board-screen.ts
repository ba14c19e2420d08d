import type {
  BoardDay,
  BoardDimension,
  BoardQueue,
  BoardSlice,
  CaseBoard,
  NotCleared,
} from '../../domain/status/case-board';
import { formatDuration, type Milliseconds } from '../../domain/time/duration';
import { table } from './table';

/** What is asked of the board: its slices by one dimension; or its days, of one queue or of all, with when each queue is worked off. */
export function boardScreen(
  board: CaseBoard,
  by: BoardDimension | undefined,
  { days, queue }: { days?: number | undefined; queue?: string | undefined },
): string {
  const queues = board.queues.filter((one) => queue === undefined || one.queue === queue);
  return [
    ...(by === undefined ? [] : [sliceTable(by, board.by[by])]),
    ...(days === undefined
      ? []
      : [dayTable(queue === undefined ? board.days : (queues[0]?.days ?? [])), clearTable(queues)]),
  ].join('\n\n');
}

function sliceTable(by: BoardDimension, slices: readonly BoardSlice[]): string {
  if (slices.length === 0) return 'No case is open, and none came or ended in the last day.';
  return table(
    [
      by.toUpperCase(),
      '#OPEN',
      '#OVERDUE',
      '#RECOVERED',
      '#ASSIGNED',
      'LAST DAY',
      '#HALF SINCE',
      '#9 OF 10',
      '#OLDEST',
    ],
    slices.map(({ value, open, overdue, recovered, assigned, inflow, outflow, medianAgeMs, p90AgeMs, oldestAgeMs }) => [
      value ?? 'none',
      String(open),
      String(overdue),
      String(recovered),
      String(assigned),
      `${inflow.day} in, ${outflow.day} out`,
      age(medianAgeMs),
      age(p90AgeMs),
      age(oldestAgeMs),
    ]),
  );
}

function dayTable(days: readonly BoardDay[]): string {
  return table(
    ['DAY', '#OPENED', '#REOPENED', '#RESOLVED', '#ACCEPTED', '#MERGED', '#OPEN IN THE END'],
    days.map((one) => [
      one.day,
      ...[one.opened, one.reopened, one.resolved, one.accepted, one.merged, one.open].map(String),
    ]),
  );
}

function clearTable(queues: readonly BoardQueue[]): string {
  return table(
    ['QUEUE', 'OWNER', '#OPEN', 'ON SHIFT', 'WORKED OFF'],
    queues.map(({ queue, owner, open, clear }) => [queue, owner, String(open), shiftWords(clear), clearWords(clear)]),
  );
}

function shiftWords({ onShift, shiftsKnown }: BoardQueue['clear']): string {
  if (!shiftsKnown) return 'not in the plan';
  return onShift === null ? 'nobody' : `${onShift.shifts.join(', ')}: ${onShift.capacity} at once`;
}

const NOT_CLEARED: Readonly<Record<NotCleared, string>> = {
  nothingOpen: '',
  nothingEnded: 'nothing ended in the last week',
  moreComes: 'never at this rate: more comes in than ends',
  nobodyOnShift: 'nobody was on shift in the last week',
};

function clearWords({ at, inMs, because }: BoardQueue['clear']): string {
  if (because !== null) return NOT_CLEARED[because];
  return `in ${age(inMs)}, at ${at ?? ''}`;
}

function age(of: Milliseconds | null): string {
  return of === null ? '' : formatDuration(of);
}
