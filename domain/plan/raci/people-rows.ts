import { formatDuration } from '../../time/duration';
import type { ApprovalRule, Plan, PlanPhase } from '../plan-schema';
import { approvalWords, escalationWords } from '../words/approval-words';
import { shareWords } from '../words/ramp-words';
import { sliceWords } from '../words/slice-words';
import { without } from './ownership-rows';
import { roleName, type RaciRow } from './raci-row';

/** Queues: the owner works the cases and answers for their SLA; whoever a handoff tells of a missed one hears of it. */
export function queueRows({ queues, handoffs, phases }: Plan): RaciRow[] {
  return queues.map(({ id, owner, sla, businessTime, opensOn, escalation = [] }) => {
    const feeding = handoffs.filter(({ queue }) => queue === id);
    const back = phases.filter(({ inFlight }) => inFlight.queue === id).map((phase) => `rollbacks of ${phase.id}`);
    const opened = [...feeding.map((handoff) => handoff.id), ...opensOn, ...back];
    const promised =
      businessTime === undefined ? '' : ` (promised: ${businessTime.within} of ${businessTime.calendar})`;
    return {
      area: 'queue',
      thing: `${id}: cases of ${opened.length === 0 ? 'nothing yet' : opened.join(', ')}`,
      responsible: [owner],
      accountable: owner,
      consulted: [],
      informed: without(
        [...feeding.flatMap(({ recipients = [] }) => recipients), ...escalation.map(({ team }) => team)],
        [owner],
      ),
      due: `${formatDuration(sla)}${promised}`,
      from: `queues[${id}]`,
    };
  });
}

/** Decisions: any of the roles may decide, so many people as the plan asks; the first role answers for it. */
export function decisionRows({ phases }: Plan): RaciRow[] {
  return phases.flatMap((phase) => [
    decision(`go/no-go of ${phase.id}`, phase.approvals.goNoGo, `phases[${phase.id}].approvals.goNoGo`),
    ...stepDecisions(phase),
    decision(
      `going on in ${phase.id} after a pause, a hold or a rollback`,
      phase.approvals.goOn,
      `phases[${phase.id}].approvals.goOn`,
    ),
    decision(`commit of ${phase.id}`, phase.approvals.commit, `phases[${phase.id}].approvals.commit`),
  ]);
}

function stepDecisions(phase: PlanPhase): RaciRow[] {
  return rampsWithSteps(phase).flatMap(({ step, number, name, from }) =>
    step.approval === undefined
      ? []
      : [decision(`step ${number} of ${name}, ${shareWords(step)}`, step.approval, `${from}[${number - 1}].approval`)],
  );
}

function decision(thing: string, rule: ApprovalRule, from: string): RaciRow {
  const [first, ...others] = rule.roles;
  return {
    area: 'decision',
    thing: `${thing}: ${approvalWords(rule)}`,
    responsible: rule.roles.map(roleName),
    ...(first !== undefined && { accountable: roleName(first) }),
    consulted: rule.count > 1 ? others.map(roleName) : [],
    informed: [],
    due: escalationWords(rule),
    from,
  };
}

/** What people look at before a step ends. */
export function checkRows({ phases }: Plan): RaciRow[] {
  return phases.flatMap((phase) =>
    rampsWithSteps(phase).flatMap(({ step, number, name, from }) =>
      (step.checks ?? []).map(({ id, what, by, first }) => ({
        area: 'check' as const,
        thing: `${id}: ${what}${first === undefined ? '' : ` The first ${first}.`}`,
        responsible: [by],
        accountable: by,
        consulted: [],
        informed: [],
        due: `before step ${number} of ${name} ends`,
        from: `${from}[${number - 1}].checks[${id}]`,
      })),
    ),
  );
}

function* stepsOf(
  phase: PlanPhase,
): Generator<{ step: PlanPhase['ramp'][number]; number: number; name: string; from: string }> {
  for (const [index, step] of phase.ramp.entries()) {
    yield { step, number: index + 1, name: phase.id, from: `phases[${phase.id}].ramp` };
  }
  for (const { id, ramp = [] } of phase.cohorts) {
    for (const [index, step] of ramp.entries()) {
      const from = `phases[${phase.id}].cohorts[${id}].ramp`;
      yield { step, number: index + 1, name: `${phase.id}, cohort ${id}`, from };
    }
  }
}

function rampsWithSteps(phase: PlanPhase): ReturnType<typeof stepsOf> extends Generator<infer Step> ? Step[] : never {
  return [...stepsOf(phase)];
}

/** People who must be there: the owner finds them. */
export function coverageRows({ coverage = [] }: Plan): RaciRow[] {
  return coverage.map(({ id, phase, ready, minimum, each, when, owner }) => ({
    area: 'coverage',
    thing: `${id}: ${minimum} or more in each ${each === undefined ? 'phase' : each.join(' and ')}${when === undefined ? '' : `, ${sliceWords(when)}`}. ${ready}`,
    responsible: [owner],
    accountable: owner,
    consulted: [],
    informed: [],
    due: `before ${phase} takes patients`,
    from: `coverage[${id}]`,
  }));
}

/** The runbook: the task's team does it and answers for it; it rests on the tasks before it. */
export function taskRows({ runbook = [] }: Plan): RaciRow[] {
  return runbook.map(({ id, phase, day, at, what, owner, evidence, needs = [] }) => ({
    area: 'task',
    thing: `${id}: ${what} Shown by: ${evidence}`,
    responsible: [owner],
    accountable: owner,
    consulted: without(
      runbook.filter((task) => needs.includes(task.id)).map((task) => task.owner),
      [owner],
    ),
    informed: [],
    due: `${dayWords(day)}${at === undefined ? '' : ` at ${at}`} of ${phase ?? 'the migration'}`,
    from: `runbook[${id}]`,
  }));
}

export function waiverRows({ waivers = [] }: Plan): RaciRow[] {
  return waivers.map(({ code, at, reason, approvedBy, expires }) => ({
    area: 'waiver',
    thing: `${code} at ${at}: ${reason}`,
    responsible: [approvedBy],
    accountable: approvedBy,
    consulted: [],
    informed: [],
    due: `until ${expires}`,
    from: `waivers[${code}, ${at}]`,
  }));
}

/** A day of the runbook: `60 days before the first step`. */
export function dayWords(day: number): string {
  const count = Math.abs(day) === 1 ? '1 day' : `${Math.abs(day)} days`;
  if (day === 0) return 'day 0, the first step';
  return `${count} ${day < 0 ? 'before' : 'after'} the first step`;
}
