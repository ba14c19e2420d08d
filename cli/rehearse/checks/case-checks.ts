import type { Plan, PlanQueue } from '../../../domain/plan/plan-schema';
import { businessDue, businessSla } from '../../../domain/queues/business-sla';
import type { Milliseconds } from '../../../domain/time/duration';
import { compress } from '../../../domain/time/time-scale';
import type { CaseWork } from '../cases/work-on-cases';
import type { Facts } from '../gather-facts';
import type { Check } from '../rehearsal-report';
import type { RehearsalSetup } from '../rehearsal-setup';

/** Both times are told in whole milliseconds. */
const ROUNDED: Milliseconds = 2;

/** What people worked on is resolved, by them and with evidence; nothing was waved away; every case has an owner and a clock (I8). */
export function caseChecks(
  { plan, cases, timeScale }: Pick<RehearsalSetup, 'plan' | 'cases' | 'timeScale'>,
  { exceptions, status }: Pick<Facts, 'exceptions' | 'status'>,
  work: CaseWork,
): Check[] {
  const queues = new Map(plan.queues.map((queue) => [queue.id, queue]));
  const ownerless = exceptions.filter(({ queue: id, owner, openedAt, dueAt }) => {
    const queue = queues.get(id);
    if (queue === undefined || owner !== queue.owner) return true;
    const clock = { startedAt: new Date(status.startedAt), timeScale };
    const dues = dueTimes(queue, plan, clock, new Date(openedAt));
    return !dues.some((due) => Math.abs(Date.parse(dueAt) - due.getTime()) <= ROUNDED);
  });
  const checks: Check[] = [
    {
      check: 'every case has the owner of its queue, and is due when its SLA, compressed, is over (I8)',
      ok: ownerless.length === 0,
      seen: `${exceptions.length} cases in ${new Set(exceptions.map(({ queue }) => queue)).size} queues, ${ownerless.length} without`,
    },
  ];
  if (cases.resolve === 0) return checks;
  const wrong = work.resolved.filter(({ id, by }) => {
    const found = exceptions.find((entry) => entry.id === id);
    return (
      found?.state !== 'resolved' ||
      found.resolvedBy !== by ||
      found.steps.length === 0 ||
      found.steps.some(({ reference }) => reference === null)
    );
  });
  const waved = work.withoutEvidence.filter(({ refused }) => !refused).map(({ queue }) => queue);
  const untouched = [...new Set(exceptions.map(({ queue }) => queue))].filter(
    (queue) => !work.resolved.some((each) => each.queue === queue),
  );
  checks.push({
    check: 'cases of each queue that has any were taken and resolved with evidence, and none without',
    ok: work.resolved.length > 0 && wrong.length === 0 && waved.length === 0 && untouched.length === 0,
    seen: `${work.resolved.length} resolved in ${work.withoutEvidence.length} queues; ${wrong.length} not so; without evidence ${waved.length === 0 ? 'refused everywhere' : `taken in ${waved.join(', ')}`}; untouched ${untouched.length}`,
  });
  return checks;
}

/** By the clock; and in business time, where it is promised so and the case's clock has looked at it. */
function dueTimes(
  queue: PlanQueue,
  plan: Pick<Plan, 'calendars'>,
  clock: { startedAt: Date; timeScale: number },
  openedAt: Date,
): Date[] {
  const sla = businessSla(queue, plan, clock);
  const due = sla && businessDue(sla, openedAt);
  return [new Date(openedAt.getTime() + compress(queue.sla, clock.timeScale)), ...(due === undefined ? [] : [due])];
}
