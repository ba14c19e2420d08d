import { openingAfter } from '../calendar/next-opening';
import type { Plan, PlanCalendar } from '../plan/plan-schema';

export type Reach = NonNullable<Plan['owners'][number]['reach']>;

/** A time in which the same people are there, in milliseconds since 1970. */
export interface Staffed {
  from: number;
  until: number;
  /** Cases that they can work on at once: of all shifts that are on. */
  capacity: number;
  shifts: readonly string[];
}

/** What a shift that does not say it can work on at once. */
const CAPACITY = 1;

/** When somebody of a team is there from one moment to another, in order, none overlapping another. Times in which nobody is are left out. */
export function staffOnShift({ timeZone, shifts }: Reach, from: number, until: number): Staffed[] {
  const on = shifts.flatMap((shift) => {
    const { id, days, capacity = CAPACITY } = shift;
    const calendar: PlanCalendar = { id, timeZone, open: [{ id, days, from: shift.from, to: shift.to }] };
    return [...openings(calendar, from, until)].map((span) => ({ ...span, id, capacity }));
  });
  const edges = [...new Set(on.flatMap((span) => [span.from, span.until]))].sort((one, other) => one - other);
  return edges.flatMap((edge, index) => {
    const next = edges[index + 1];
    const there = on.filter((span) => span.from <= edge && edge < span.until);
    if (next === undefined || there.length === 0) return [];
    const capacity = there.reduce((sum, span) => sum + span.capacity, 0);
    return [{ from: edge, until: next, capacity, shifts: there.map(({ id }) => id) }];
  });
}

function* openings(calendar: PlanCalendar, from: number, until: number): Iterable<{ from: number; until: number }> {
  for (let at = from; at < until;) {
    const opening = openingAfter(calendar, new Date(at));
    if (opening === undefined || opening.start.getTime() >= until) return;
    const end = Math.min(opening.end.getTime(), until);
    yield { from: opening.start.getTime(), until: end };
    at = end;
  }
}
