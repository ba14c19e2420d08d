import { DateTime } from 'luxon';
import type { PlanPhase } from '../plan-schema';
import { NOBODY, sumOf, times, type Amount } from './amount';
import type { CohortSchedule, StepSchedule } from './schedule-cohort';
import type { PhaseSchedule } from './schedule-phase';

const DAY = 86_400_000;

/** Five years, by month. */
const MOST_MONTHS = 60;

/** How many were placed on target by a day: a patient is counted in each phase. */
export interface OnTarget {
  by: Date;
  phases: { phase: string; unit: PlanPhase['unit']; arrived: Amount; aDay: Amount }[];
  /** Of those who are here already, over all phases. */
  moved: number;
}

export interface OnTargetByMonth {
  /** At each first day of a month, in the first years, and at the end. */
  onTarget: OnTarget[];
  /** How many months before the end are not said. */
  monthsLeftOut: number;
}

export function onTargetByMonth(
  phases: readonly { schedule: PhaseSchedule; phase: PlanPhase }[],
  start: Date,
  end: Date | null,
  zone: string,
): OnTargetByMonth {
  const { days, leftOut } = monthsUntil(start, end ?? lastKnown(phases), zone);
  const onTarget = days.map((by) => ({
    by,
    phases: phases.map(({ schedule, phase }) => ({
      phase: schedule.phase,
      unit: schedule.unit,
      arrived: arrivedBy(schedule, phase, by),
      aDay: aDayAt(schedule, phase, by),
    })),
    moved: phases.reduce((sum, { schedule }) => sum + movedBy(schedule, by), 0),
  }));
  return { onTarget, monthsLeftOut: leftOut };
}

function monthsUntil(start: Date, end: Date, zone: string): { days: Date[]; leftOut: number } {
  const first = DateTime.fromJSDate(start, { zone }).startOf('month').plus({ months: 1 });
  const last = DateTime.fromJSDate(end, { zone });
  // The month that begins at the end itself is said by the end.
  const months = Math.max(0, Math.ceil(last.diff(first, 'months').months));
  const said = Math.min(months, MOST_MONTHS);
  const days = Array.from({ length: said }, (_, index) => first.plus({ months: index }).toJSDate());
  return { days: [...days, end], leftOut: months - said };
}

function lastKnown(phases: readonly { schedule: PhaseSchedule }[]): Date {
  const known = phases.flatMap(({ schedule }) => [
    ...[schedule.asked, schedule.soaked, schedule.commits],
    ...schedule.cohorts.flatMap(({ steps }) => steps.flatMap(({ begins, ends }) => [begins, ends])),
  ]);
  return new Date(Math.max(...known.map((at) => at?.getTime() ?? 0)));
}

/** Who arrived in a phase since its beginning and went to target. */
export function arrivedBy(schedule: PhaseSchedule, phase: PlanPhase, by: Date): Amount {
  const began = schedule.begins;
  const days = began === null ? 0 : Math.max(0, by.getTime() - began.getTime()) / DAY;
  return sumOf(
    schedule.cohorts.map((cohort) => placedBy(cohort, by)),
    restOf(phase) * days,
  );
}

function aDayAt(schedule: PhaseSchedule, phase: PlanPhase, at: Date): Amount {
  return sumOf(
    schedule.cohorts.map(({ steps }) => steps.findLast((step) => hasBegun(step, at))?.aDay ?? NOBODY),
    restOf(phase),
  );
}

/** Those of whose cohorts the plan does not say how many there are: together no more than this a day. */
function restOf({ volume, cohorts }: PlanPhase): number {
  if (volume === undefined) return Infinity;
  return Math.max(0, volume - cohorts.reduce((sum, cohort) => sum + (cohort.volume ?? 0), 0));
}

/** A step lasts until the next begins: while it waits for that, arrivals go on. */
export function placedBy({ steps }: CohortSchedule, by: Date): Amount {
  const begun = steps.filter((step) => hasBegun(step, by));
  return sumOf(
    begun.map(({ begins, aDay }, index) => {
      const until = begun[index + 1]?.begins ?? by;
      return times(aDay, Math.max(0, until.getTime() - (begins?.getTime() ?? 0)) / DAY);
    }),
  );
}

function hasBegun({ begins }: StepSchedule, at: Date): boolean {
  return begins !== null && begins < at;
}

function movedBy({ waves }: PhaseSchedule, by: Date): number {
  const days = waves?.waves.flatMap(({ moved }) => moved) ?? [];
  return days.reduce((sum, day) => (day.by <= by ? sum + day.count : sum), 0);
}
