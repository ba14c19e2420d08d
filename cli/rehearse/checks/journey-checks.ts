import type { AuditEntry } from '../../../domain/status/audit-page';
import type { PlanPhase } from '../../../domain/plan/plan-schema';
import { compress } from '../../../domain/time/time-scale';
import type { Facts } from '../gather-facts';
import type { Check } from '../rehearsal-report';
import type { RehearsalSetup } from '../rehearsal-setup';
import { committedCheck } from './one-phase-checks';

/** What must hold of a whole migration, whatever its script. */
export function journeyChecks(setup: RehearsalSetup, facts: Facts): Check[] {
  return [
    committedCheck(setup, facts),
    ...(setup.plan.phases.length > 1 ? [inOrder(setup, facts)] : []),
    fourEyes(setup, facts),
    neverAhead(setup, facts),
    endedOnce(facts),
    opensOn(setup, facts),
  ];
}

/** I14: each phase begins only after the one before it was committed, and stable for its dwell. */
function inOrder({ plan, timeScale }: RehearsalSetup, { audit }: Facts): Check {
  const at = (phase: PlanPhase, is: (entry: AuditEntry) => boolean): number[] =>
    audit.filter((entry) => entry.phase === phase.id && is(entry)).map((entry) => Date.parse(entry.at));
  const early = plan.phases.slice(1).flatMap((phase, index) => {
    const before = plan.phases[index];
    if (before === undefined) return [];
    const committed = Math.max(...at(before, ({ action }) => action === 'committed'));
    const begun = Math.min(...at(phase, ({ action }) => action === 'split.raised'));
    const stable = begun - committed >= compress(before.dwell, timeScale) - 1;
    return Number.isFinite(committed) && Number.isFinite(begun) && stable ? [] : [phase.id];
  });
  return {
    check: 'each phase began after the one before was committed and stable for its dwell',
    ok: early.length === 0,
    seen: early.length === 0 ? plan.phases.map(({ id }) => id).join(' → ') : `not so: ${early.join(', ')}`,
  };
}

/** Every go and every commit was given by as many different people as the plan asks for, none of them who started it. */
function fourEyes({ plan }: RehearsalSetup, { audit, status }: Facts): Check {
  let decisions = 0;
  const wrong: string[] = [];
  for (const phase of plan.phases) {
    for (const { cohort, run } of status.phases.find((each) => each.phase === phase.id)?.cohorts ?? []) {
      if (run?.status !== 'committed') continue;
      for (const kind of ['goNoGo', 'commit'] as const) {
        const rule = phase.approvals[kind];
        const people = new Set(
          lastDecision(audit, phase.id, cohort, kind)
            .filter(({ verified, actor }) => !rule.fourEyes || (verified && actor !== status.startedBy))
            .map(({ actor }) => actor),
        );
        decisions += 1;
        if (people.size < rule.count) wrong.push(`${phase.id} ${cohort} ${kind}: ${people.size} of ${rule.count}`);
      }
    }
  }
  return {
    check: 'every go and every commit was given by as many people as the plan asks for (four eyes)',
    ok: decisions > 0 && wrong.length === 0,
    seen: wrong.length === 0 ? `${decisions} decisions` : wrong.join('; '),
  };
}

/** What was said since the decision was last asked for. */
function lastDecision(audit: readonly AuditEntry[], phase: string, cohort: string, kind: string): AuditEntry[] {
  const here = audit.filter((entry) => entry.phase === phase && entry.cohort === cohort);
  const asked = here.findLastIndex(
    ({ action, evidence }) =>
      action === 'approval.asked' &&
      typeof evidence === 'object' &&
      evidence !== null &&
      'kind' in evidence &&
      evidence.kind === kind,
  );
  return here.slice(asked + 1).filter(({ action }) => action === `${kind}.approval`);
}

/** I14 and I1, by what the stacks themselves were told: within a journey nobody goes from legacy to target. */
function neverAhead({ plan }: RehearsalSetup, { told, exceptions }: Facts): Check {
  const order = new Map(plan.phases.map(({ id }, index) => [id, index]));
  const journeys = new Map<string, Facts['told']>();
  for (const unit of told) journeys.set(unit.journey, [...(journeys.get(unit.journey) ?? []), unit]);
  const ahead = [...journeys.values()].filter((units) => {
    const sides = [...units]
      .sort((one, other) => (order.get(one.phase) ?? 0) - (order.get(other.phase) ?? 0))
      .flatMap((unit) => unit.sides.map(({ side }) => side));
    const back = sides.indexOf('legacy');
    return back >= 0 && sides.indexOf('target', back) >= 0;
  });
  const moved = told.filter(({ sides }) => sides.length > 1);
  const unexplained = moved.filter(
    ({ phase, unit }) => !exceptions.some(({ cause }) => cause.startsWith(`bringBack:${phase}:${unit}:`)),
  );
  return {
    check: 'nobody went from legacy to target within a journey, and nobody was moved without a case (I1, I14)',
    ok: journeys.size > 0 && ahead.length === 0 && unexplained.length === 0,
    seen: `${journeys.size} journeys, ${told.length} answers; ${ahead.length} ran ahead; ${moved.length} told another side later, ${unexplained.length} of them without a case`,
  };
}

/** I6: once everyone has gone, nothing is open. */
function endedOnce({ status }: Facts): Check {
  const open = status.handoffs.flatMap(({ handoff, bySide }) => {
    const count = Object.values(bySide).reduce((sum, side) => sum + side.open, 0);
    return count === 0 ? [] : [`${handoff} ${count}`];
  });
  const ended = status.handoffs.reduce(
    (sum, { bySide }) =>
      sum + Object.values(bySide).reduce((all, { kept, missed, released }) => all + kept + missed + released, 0),
    0,
  );
  return {
    check: 'every handoff that started has ended, as kept, missed or released',
    ok: ended > 0 && open.length === 0,
    seen: open.length === 0 ? `${ended} ended` : `still open: ${open.join(', ')}`,
  };
}

/** Events that open a case by themselves opened one each. */
function opensOn({ plan }: RehearsalSetup, { emitted, exceptions }: Facts): Check {
  const types = plan.queues.flatMap((queue) => queue.opensOn);
  const sent = types.reduce((sum, type) => sum + (emitted[type] ?? 0), 0);
  const opened = exceptions.filter(({ cause }) => cause.startsWith('event:'));
  const counted = opened.reduce((sum, { occurrences }) => sum + occurrences, 0);
  return {
    check:
      sent === 0
        ? 'no case was opened by an event: none that opens one was sent, so this rehearsal shows nothing of them'
        : 'every event that opens a case by itself opened one, or is counted on the open one of the same patient',
    ok: counted === sent && new Set(opened.map(({ cause }) => cause)).size === opened.length,
    seen: `${sent} such events (${types.length === 0 ? 'the plan has none' : types.join(', ')}), ${opened.length} cases`,
  };
}
