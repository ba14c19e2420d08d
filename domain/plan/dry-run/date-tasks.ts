import { DateTime } from 'luxon';
import type { Plan } from '../plan-schema';
import { zoneOf } from './openings';
import type { PhaseSchedule } from './schedule-phase';

/** A task of the runbook with its date, at the earliest; one that comes before a first step, at the earliest that this step allows. */
export interface RunbookTask {
  id: string;
  phase: string | null;
  day: number;
  /** Null where the first step has no date. Midnight where the task has no time. */
  at: Date | null;
  allDay: boolean;
  what: string;
  owner: string;
  evidence: string;
  needs: readonly string[];
}

/** Day 0 is the day of the first step, in the plan's zone. */
export function dateTasks(plan: Plan, phases: readonly PhaseSchedule[]): RunbookTask[] {
  const zone = zoneOf(plan);
  return (plan.runbook ?? []).map(({ id, phase, day, at, what, owner, evidence, needs = [] }) => {
    const first = phases.find((one) => phase === undefined || one.phase === phase)?.begins ?? null;
    const date = first === null ? null : DateTime.fromJSDate(first, { zone }).startOf('day').plus({ days: day });
    const [hour = 0, minute = 0] = at?.split(':').map(Number) ?? [];
    return {
      ...{ id, phase: phase ?? null, day, what, owner, evidence, needs, allDay: at === undefined },
      at: date?.set({ hour, minute }).toJSDate() ?? null,
    };
  });
}
