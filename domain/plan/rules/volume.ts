import { detectableRate } from '../../backtest/gate-sight';
import { formatDuration } from '../../time/duration';
import { unreachable } from '../../unreachable';
import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { GateRule, Plan, PlanCohort, PlanPhase, RampStep } from '../plan-schema';
import { BUCKETS } from '../schema/values';
import { readable, type Rule } from './rule';

const DAY = 86_400_000;

/**
 * A step ends when its gates have enough outcomes, and a person is asked when that takes too long. At the volume that the plan expects,
 * with one outcome for each arrival at best, a gate whose outcomes come slower than that asks people at every step and decides nothing.
 */
export const gatesDecide: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    for (const [at, { rule }] of readable(phase.gates)) {
      if (rule === undefined || !isWhole(rule)) continue;
      const [blind, ...others] = [...stepsOf(phase, rule)].filter((step) => timeToDecide(rule, step) > step.patience);
      if (blind !== undefined) yield cannotDecide(['phases', index, 'gates', at], rule, blind, others.length);
    }
  }
};

/** A step of a cohort at the volume that is expected, at best. */
interface WatchedStep {
  cohort: string;
  /** Counted from 1. */
  number: number;
  /** Arrivals a day. */
  onTarget: number;
  onLegacy: number;
  /** Arrivals that stayed on legacy in the steps before. */
  legacyBefore: number;
  /** Watch time and the wait on too few outcomes, in milliseconds. */
  patience: number;
}

/** Every step of every cohort whose volume is known, each as long as the gate takes. */
function* stepsOf(phase: Draft<PlanPhase>, rule: GateRule): Generator<WatchedStep> {
  const wait = phase.hold?.insufficient;
  if (wait === undefined) return;
  for (const [{ id = '', ramp = phase.ramp }, volume] of volumesOf(phase)) {
    let legacyBefore = 0;
    for (const [index, step] of readable(ramp)) {
      const onTarget = arrivalsOf(step, volume);
      if (onTarget === undefined || step.watch === undefined) break;
      const patience = step.watch + wait;
      const watched = { cohort: id, number: index + 1, onTarget, onLegacy: volume - onTarget, legacyBefore, patience };
      yield watched;
      const lasts = Math.max(step.watch, Math.min(patience, timeToDecide(rule, watched)));
      legacyBefore += (watched.onLegacy * lasts) / DAY;
    }
  }
}

/** How many of each cohort that a ramp moves arrive a day: as is said, or at most, where only the phase's volume is. */
function* volumesOf({ volume, cohorts }: Draft<PlanPhase>): Generator<[Draft<PlanCohort>, number]> {
  const said = (cohorts ?? []).reduce((sum, cohort) => sum + (cohort?.volume ?? 0), 0);
  for (const [, cohort] of readable(cohorts)) {
    const most = cohort.volume ?? (volume === undefined ? 0 : volume - said);
    if (most > 0 && !Object.hasOwn(cohort, 'staysOnLegacy')) yield [cohort, most];
  }
}

/** How many arrive a day whom a phase moves in the end. */
function movedADay({ volume, cohorts }: Draft<PlanPhase>): number {
  const moved = [...readable(cohorts)].filter(([, cohort]) => !Object.hasOwn(cohort, 'staysOnLegacy'));
  const all = (cohorts ?? []).reduce((sum, cohort) => sum + (cohort?.volume ?? 0), 0);
  const said = moved.reduce((sum, [, cohort]) => sum + (cohort.volume ?? 0), 0);
  return volume === undefined ? said : volume - (all - said);
}

function arrivalsOf({ share, perDay }: Draft<RampStep>, volume: number): number | undefined {
  if (share !== undefined) return (volume * share) / BUCKETS;
  return perDay === undefined ? undefined : Math.min(perDay, volume);
}

/** How long it takes, at best, until a gate has what it asks for. */
function timeToDecide(rule: GateRule, { onTarget, onLegacy, legacyBefore }: WatchedStep): number {
  const target = rule.minimumOutcomes / onTarget;
  const missing = rule.kind === 'comparison' ? Math.max(0, rule.minimumOutcomes - legacyBefore) : 0;
  return Math.max(target, missing === 0 ? 0 : missing / onLegacy) * DAY;
}

function cannotDecide(path: PlanPath, rule: GateRule, step: WatchedStep, others: number): Finding {
  return {
    code: 'WH620',
    path,
    message: () => {
      const time = timeToDecide(rule, step);
      const side = rule.minimumOutcomes / step.onTarget < time / DAY - 1e-9 ? 'legacy' : 'target';
      const aDay = rounded(side === 'target' ? step.onTarget : step.onLegacy);
      const takes = Number.isFinite(time)
        ? `take ${formatDuration(Math.ceil(time / 3_600_000) * 3_600_000)}`
        : 'never come';
      const more = others === 0 ? '' : ` (and ${others} more)`;
      return (
        `In step ${step.number} of ${quoteName(step.cohort)}${more} ${aDay} a day at most are on ${side}: its ${rule.minimumOutcomes} outcomes ${takes}, and after ${formatDuration(step.patience)} a person is asked. ` +
        `${unseen(rule, step)} Watch longer, write a longer 'hold.insufficient', a lower 'minimumOutcomes', or a larger step.`
      );
    },
  };
}

/** What would go wrong in that time and cross no limit. */
function unseen(rule: GateRule, step: WatchedStep): string {
  const during = Math.floor((step.onTarget * step.patience) / DAY);
  const legacy = Math.floor(step.legacyBefore + (step.onLegacy * step.patience) / DAY);
  const seen = detectableRate(rule, 1, { during, before: 0, legacy });
  return seen === null
    ? 'Until then not even a total outage crosses its limit.'
    : `Until then it sees a fall to ${rounded(100 * seen)}% and nothing smaller.`;
}

/** What may go wrong without a gate's crossing its limit ends in queues: more at once than a team can work on, and it only grows. */
export const queuesKeepUp: Rule = function* ({ phases, handoffs, queues }) {
  for (const [index, { id, sla, capacity }] of readable(queues)) {
    if (id === undefined || sla === undefined || capacity === undefined) continue;
    let inflow = 0;
    for (const [, handoff] of readable(handoffs)) if (handoff.queue === id) inflow += tolerated(handoff, phases);
    const open = (inflow * sla) / DAY;
    // Shares are not exact in binary: a case more or less in a million is none.
    if (open <= capacity + 1e-6) continue;
    yield {
      code: 'WH713',
      path: ['queues', index, 'capacity'],
      message: `Up to ${rounded(inflow)} cases a day may come here while every gate passes, and each may be open for ${formatDuration(sla)}: ${rounded(open)} at once, and there is room for ${capacity}. Give it more people, a shorter SLA, or the gates a higher floor.`,
    };
  }
};

/** Cases a day of one handoff that its gates let pass, once everyone is on target; none where that cannot be said. */
function tolerated({ id, phase: of }: Draft<Plan['handoffs'][number]>, phases: Draft<Plan>['phases']): number {
  const [, phase] = [...readable(phases)].find(([, one]) => one.id !== undefined && one.id === of) ?? [];
  if (phase === undefined || id === undefined) return 0;
  const floors = [...readable(phase.gates)].flatMap(([, { handoff, rule }]) =>
    handoff === id && rule?.kind === 'floor' && rule.atLeast !== undefined ? [rule.atLeast] : [],
  );
  if (floors.length === 0) return 0;
  return movedADay(phase) * (1 - Math.max(...floors));
}

function isWhole(rule: Draft<GateRule>): rule is GateRule {
  if (rule.minimumOutcomes === undefined) return false;
  switch (rule.kind) {
    case 'floor':
      return rule.atLeast !== undefined;
    case 'comparison':
      return rule.margin !== undefined;
    case 'zeroTolerance':
      return rule.missed !== undefined;
    case undefined:
      return false;
    default:
      return unreachable(rule);
  }
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
