import { formatDuration } from '../../time/duration';
import { unreachable } from '../../unreachable';
import { countedRule, type CountedRule } from '../counted-rule';
import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { GateRule, GateSource, Plan, PlanPhase } from '../plan-schema';
import { BlindSteps, COUNTED, type Blind } from '../volume/blind-steps';
import { movedADay } from '../volume/cohort-volumes';
import { seenFall } from '../volume/seen-fall';
import { timeToDecide, watchedSteps, type WatchedStep } from '../volume/watched-steps';
import { readable, type Rule } from './rule';

const DAY = 86_400_000;

/** Outcomes whose chances are not reckoned one by one while somebody waits for an answer. */
const MANY = 10_000;

/**
 * A step ends when its gates have enough outcomes, and a person is asked when that takes too long. At the volume that the plan expects,
 * with one outcome for each arrival at best, a gate whose outcomes come slower than that asks people at every step and decides nothing.
 */
export const gatesDecide: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    const steps = new BlindSteps(phase);
    for (const [at, { rule, source }] of readable(phase.gates)) {
      if (rule === undefined || !isWhole(rule)) continue;
      const counted = countedRule(rule);
      if (counted === undefined) continue;
      const blind = source?.kind === 'synthetic' ? blindToSynthetic(phase, counted, source) : steps.of(counted);
      if (blind !== undefined) yield cannotDecide(['phases', index, 'gates', at], counted, blind);
    }
  }
};

/** Synthetic patients come as often as the plan says, in every step. */
function blindToSynthetic(phase: Draft<PlanPhase>, rule: CountedRule, source: Draft<GateSource>): Blind | undefined {
  const blind = [...watchedSteps(phase, rule, source)].filter((step) => timeToDecide(rule, step) > step.patience);
  const [first] = blind;
  return first && { first, others: Math.min(blind.length - 1, COUNTED) };
}

function cannotDecide(path: PlanPath, rule: CountedRule, { first: step, others }: Blind): Finding {
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
      const more = others === 0 ? '' : ` (and ${others}${others < COUNTED ? '' : ' or'} more)`;
      return (
        `In step ${step.number} of ${quoteName(step.cohort)}${more} ${aDay} a day at most are on ${side}: its ${rule.minimumOutcomes} outcomes ${takes}, and after ${formatDuration(step.patience)} a person is asked. ` +
        `${unseen(rule, step)}Watch longer, write a longer 'hold.insufficient', a lower 'minimumOutcomes', or a larger step.`
      );
    },
  };
}

/** What would go wrong in that time and cross no limit; nothing where it is reckoned from more outcomes than there is time for. */
function unseen(rule: CountedRule, step: WatchedStep): string {
  if (rule.kind === 'ratio') return '';
  // The other kinds look at no rate before they have their outcomes.
  if (rule.kind !== 'zeroTolerance') return 'Until then not even a total outage crosses its limit. ';
  if (step.onTarget * step.patience > MANY * DAY) return '';
  const seen = seenFall(rule, step);
  return seen === null
    ? 'Until then not even a total outage crosses its limit. '
    : `Until then it sees a fall to ${rounded(100 * seen)}% and nothing smaller. `;
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

/** Whether all of a rule could be read. */
export function isWhole(rule: Draft<GateRule>): rule is GateRule {
  switch (rule.kind) {
    case 'floor':
      return rule.atLeast !== undefined && rule.minimumOutcomes !== undefined;
    case 'comparison':
    case 'slowerThanLegacy':
      return rule.margin !== undefined && rule.minimumOutcomes !== undefined;
    case 'zeroTolerance':
      return rule.missed !== undefined && rule.minimumOutcomes !== undefined;
    case 'latency':
      return rule.percentile !== undefined && rule.minimumOutcomes !== undefined && !Object.hasOwn(rule, 'margin');
    case 'ratio':
      return rule.event !== undefined && rule.times !== undefined && rule.minimumOutcomes !== undefined;
    case 'capacity':
    case undefined:
      return false;
    default:
      return unreachable(rule);
  }
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
