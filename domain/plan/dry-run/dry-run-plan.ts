import { notCarriedOut } from '../not-carried-out';
import { lintEntry } from '../lint/lint-catalogue';
import type { Plan } from '../plan-schema';
import { dateTasks } from './date-tasks';
import type { DryRun } from './dry-run';
import { listAssumptions } from './list-assumptions';
import { onTargetByMonth } from './on-target';
import { latest, zoneOf } from './openings';
import { schedulePhase, type PhaseSchedule } from './schedule-phase';
import { timelineOf } from './timeline';

/**
 * What a plan does and when, before anything is started, from the plan alone. R8: phases one after the other, each when the one before was
 * committed and stable for its dwell; R48: starts, steps and commits in the open hours of their calendar.
 */
export function dryRunPlan(plan: Plan, start: Date): DryRun {
  const schedules: PhaseSchedule[] = [];
  let from: Date | null = start;
  for (const phase of plan.phases) {
    const schedule = schedulePhase(plan, phase, from);
    schedules.push(schedule);
    from = schedule.stable;
  }
  const arrivals = schedules.at(-1)?.commits ?? null;
  const waves = schedules.flatMap((schedule) => schedule.waves ?? []).filter((one) => one.waves.length > 0);
  const existing = latest(waves.map(({ ends }) => ends));
  const migration = latest([arrivals, ...waves.map(({ ends }) => ends)]);
  const timeZone = zoneOf(plan);
  const tasks = dateTasks(plan, schedules);
  const both = plan.phases.flatMap((phase, index) => {
    const schedule = schedules[index];
    return schedule === undefined ? [] : [{ phase, schedule }];
  });
  return {
    migration: plan.migration,
    title: plan.title ?? null,
    ...{ start, timeZone, phases: schedules },
    ends: { arrivals, existing, migration },
    ...onTargetByMonth(both, start, migration, timeZone),
    tasks,
    timeline: timelineOf(schedules, tasks),
    assumptions: listAssumptions(plan, schedules),
    notCarriedOut: notCarriedOut(plan).map(({ code }) => ({
      code,
      what: `${lintEntry(code).title}. ${lintEntry(code).why}`,
    })),
  };
}
