import { calendarOf } from '../../calendar/calendar-of';
import type { Plan, PlanPhase } from '../plan-schema';
import type { PhaseSchedule } from './schedule-phase';

export interface Assumption {
  code:
    | 'everybodyAtOnce'
    | 'sameEveryDay'
    | 'outcomesAtOnce'
    | 'volumeUnknown'
    | 'volumeAtMost'
    | 'openAtMost'
    | 'noCalendar'
    | 'neverDecides'
    | 'cyclesUnknown'
    | 'safeWindowsUnknown'
    | 'movedByHand'
    | 'commitWithoutWaves';
  /** Null where it is about all of them. */
  phase: string | null;
  says: string;
}

/** What the dates and numbers of a dry run rest on, and what they leave out: nothing that a plan does not say is made up. */
export function listAssumptions(plan: Plan, schedules: readonly PhaseSchedule[]): Assumption[] {
  const phases = plan.phases.flatMap((phase) => {
    const schedule = schedules.find((one) => one.phase === phase.id);
    return schedule === undefined ? [] : [...ofPhase(plan, phase, schedule)];
  });
  const general: Assumption[] = [
    {
      code: 'everybodyAtOnce',
      phase: null,
      says: 'Every check and every gate passes, nothing is paused or rolled back, and whoever is asked says yes at once. So each date is the earliest that the plan allows, never a promise.',
    },
  ];
  if (phases.length < schedules.length || schedules.some(hasVolume)) {
    general.push(
      {
        code: 'sameEveryDay',
        phase: null,
        says: "As many arrive on each day as the plan declares under 'volume'. Nothing here was counted.",
      },
      {
        code: 'outcomesAtOnce',
        phase: null,
        says: 'Each who arrives gives each gate one outcome, at once. With fewer or later ones a step lasts longer than is said here.',
      },
    );
  }
  return [...general, ...phases];
}

function hasVolume({ cohorts }: PhaseSchedule): boolean {
  return cohorts.some(({ volume, staysOnLegacy }) => staysOnLegacy === null && volume.kind !== 'unknown');
}

function* ofPhase(plan: Plan, phase: PlanPhase, schedule: PhaseSchedule): Generator<Assumption> {
  const of = { phase: phase.id };
  const moved = schedule.cohorts.filter(({ staysOnLegacy }) => staysOnLegacy === null);
  if (calendarOf(plan, phase.id) === undefined) {
    yield { ...of, code: 'noCalendar', says: 'It has no calendar, so it goes on at any hour of any day.' };
  }
  const unknown = moved.filter(({ volume }) => volume.kind === 'unknown').map(({ cohort }) => cohort);
  if (unknown.length > 0) {
    const says = `How many arrive a day is not declared ('volume') for ${unknown.join(', ')}: how many go to target is unknown, and so is how long its gates need for enough outcomes. Its steps are taken to last as long as they are watched.`;
    yield { ...of, code: 'volumeUnknown', says };
  }
  const atMost = moved.filter(({ volume }) => volume.kind === 'atMost').map(({ cohort }) => cohort);
  if (atMost.length > 0) {
    const says = `Only the phase's 'volume' is declared, not that of ${atMost.join(', ')}: each has at most what the others leave of it, and gates have their outcomes at the soonest.`;
    yield { ...of, code: 'volumeAtMost', says };
  }
  if (moved.some(({ steps }) => steps.some(({ maxOpen }) => maxOpen !== null))) {
    const says =
      "Where 'maxOpen' is full, fewer go to target than is said here: how long one stays open is not in the plan.";
    yield { ...of, code: 'openAtMost', says };
  }
  for (const { cohort, steps } of moved) {
    const stuck = steps.find(({ waitsFor }) => waitsFor?.takes === null);
    if (stuck === undefined) continue;
    const says = `In step ${stuck.number} of ${cohort} the gate ${stuck.waitsFor?.gate ?? ''} never has enough outcomes, so nothing after it has a date.`;
    yield { ...of, code: 'neverDecides', says };
  }
  for (const { count, id, event } of schedule.soakCycles) {
    const says = `Its soak asks for ${count} ${id} (${event}) too. How fast they come is not in the plan, so only the soak's time is counted: its commit may be later.`;
    yield { ...of, code: 'cyclesUnknown', says };
  }
  if (schedule.waves === null) return;
  const { byHand } = schedule.waves;
  yield {
    ...of,
    code: 'safeWindowsUnknown',
    says: 'Waves move on days on which the calendar opens, each patient on the first that the cap has room for. Whoever is outside of their safe window, or excluded, moves later or by hand: how many that is, is not in the plan.',
  };
  yield {
    ...of,
    code: 'commitWithoutWaves',
    says: 'Waves move after the ramp, and the commit does not wait for them.',
  };
  for (const { list, count } of byHand) {
    const many = count === null ? 'Those' : `The ${count}`;
    yield { ...of, code: 'movedByHand', says: `${many} of ${list} move by hand: the plan gives them no date.` };
  }
}
