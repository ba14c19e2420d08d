import { calendarOf } from '../../domain/calendar/calendar-of';
import type { PreflightCheck } from '../../domain/phase/cohort-event';
import { hasEnded, type CohortRun } from '../../domain/phase/cohort-run';
import { expiredWaivers } from '../../domain/plan/lint/apply-waivers';
import { planNames } from '../../domain/plan/rules/plan-names';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import {
  dataDeclared,
  everyDatum,
  handedOver,
  oneOwnerAStage,
  ownershipReferences,
} from '../../domain/plan/rules/ownership';
import { phaseOrder } from '../../domain/plan/rules/phase-order';
import type { Rule } from '../../domain/plan/rules/rule';

/** Where a cohort of a migration stands, in any of its phases. */
export interface Standing {
  phase: string;
  run: CohortRun;
}

/**
 * R39: what the plan has to say before a phase may start, asked of the plan as it is stored and of what happened so far, at this moment: a plan that was in order when
 * it was started may not be months later.
 */
export function readinessChecks(
  plan: Plan,
  phase: PlanPhase,
  { calendar, standing, now }: { calendar: string | undefined; standing: readonly Standing[]; now: Date },
): PreflightCheck[] {
  return [
    checkOwnership(plan),
    checkOrder(plan, phase, standing),
    checkWaivers(plan, now),
    ...checkCoverage(plan, phase),
    ...checkCalendar(plan, phase, calendar),
  ];
}

const OWNERSHIP: readonly Rule[] = [everyDatum, dataDeclared, oneOwnerAStage, handedOver, ownershipReferences];

/** R4: one owner of each datum in each stage. */
function checkOwnership(plan: Plan): PreflightCheck {
  const passes =
    plan.ownership === undefined
      ? 'the plan declares none, so nobody wrote down who owns what between the stacks.'
      : 'each datum has one owner in each stage.';
  return checkBy('ownership', plan, OWNERSHIP, passes);
}

/** R8: in the order of the patient's journey, and never while a phase before it is on its way. */
function checkOrder(plan: Plan, phase: PlanPhase, standing: readonly Standing[]): PreflightCheck {
  const ordered = checkBy('order', plan, [phaseOrder], 'every phase before it has ended.');
  if (!ordered.ok) return ordered;
  const earlier = plan.phases.slice(
    0,
    plan.phases.findIndex(({ id }) => id === phase.id),
  );
  const open = earlier.flatMap(({ id, cohorts }) =>
    cohorts.flatMap((cohort) => {
      const run = standing.find((one) => one.phase === id && one.run.cohort === cohort.id)?.run;
      return run !== undefined && hasEnded(run) ? [] : [`${id}/${cohort.id}`];
    }),
  );
  if (open.length > 0)
    return { id: 'order', ok: false, message: `wait until ${open.join(', ')} is committed or taken out.` };
  return earlier.length > 0 ? ordered : { ...ordered, message: 'it is the first phase.' };
}

/** R2: a waiver that has expired waives nothing any more, also where the plan was started before. */
function checkWaivers(plan: Plan, now: Date): PreflightCheck {
  const expired = expiredWaivers(plan.waivers ?? [], now.getTime());
  const count = plan.waivers?.length ?? 0;
  if (expired.length === 0)
    return { id: 'waivers', ok: true, message: count === 0 ? 'none.' : `${count}, none has expired.` };
  const named = expired.map(({ code, at, expires }) => `${code} at ${at} (ended with ${expires})`).join(', ');
  return {
    id: 'waivers',
    ok: false,
    message: `mend what ${named} was for, or propose a version of the plan in which it is approved again.`,
  };
}

/** R47: nobody but people can count them yet; whoever gives the go reads whom to ask. */
function checkCoverage({ coverage = [] }: Plan, phase: PlanPhase): PreflightCheck[] {
  return coverage
    .filter((row) => row.phase === phase.id)
    .map(({ id, minimum, each, owner }) => ({
      id: `coverage ${id}`,
      ok: true,
      message: `not counted here: ask ${owner} for at least ${minimum}${each === undefined ? '' : ` of each ${each.join(' and ')}`}.`,
    }));
}

function checkCalendar(plan: Plan, phase: PlanPhase, kept: string | undefined): PreflightCheck[] {
  const calendar = calendarOf(plan, phase.id);
  if (calendar === undefined) return [];
  const message =
    calendar.id === kept
      ? `a go that is given while ${kept} is closed begins when it opens.`
      : `this migration was started by an earlier release and goes on at any hour. Adopt another version of its plan to have ${calendar.id} kept.`;
  return [{ id: 'calendar', ok: true, message }];
}

function checkBy(id: string, plan: Plan, rules: readonly Rule[], passes: string): PreflightCheck {
  const names = planNames(plan);
  const failures = rules.flatMap((rule) => [...rule(plan, names)].map(({ message }) => textOf(message)));
  const ok = failures.length === 0;
  return { id, ok, message: ok ? passes : failures.join(' ') };
}

function textOf(message: string | (() => string)): string {
  return typeof message === 'string' ? message : message();
}
