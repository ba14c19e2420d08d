import { formatDuration } from '../../time/duration';
import { builtInGate } from '../../journey-kinds/built-in-gates';
import type { Draft } from '../draft';
import { quoteName, type Finding, type PlanPath } from '../plan-problem';
import type { GateRule, Plan, PlanHandoff, PlanPhase } from '../plan-schema';
import { percentWords } from '../words/percent-words';
import { rampsOf } from './ramps-of';
import { readable, type Rule } from './rule';

type Written = Draft<GateRule>;

/** What a gate asks for can be had, and its limit crossed. */
export const rulesCanBeMet: Rule = function* ({ phases, handoffs }) {
  const declared = new Map([...readable(handoffs)].map(([, one]) => [nameIn(one.phase, one.id), one]));
  for (const [phaseIndex, { id: phase, gates }] of readable(phases)) {
    const floors = floorsOf(gates);
    for (const [index, { rule, source, handoff: on }] of readable(gates)) {
      if (rule === undefined) continue;
      const path = ['phases', phaseIndex, 'gates', index, 'rule'];
      yield* evidenceCanBeShown(rule, path);
      yield* countsCanBeCrossed(rule, path);
      if (source !== undefined) yield* sourceCanSay(rule, path);
      if (on === undefined) continue;
      const handoff = declared.get(nameIn(phase, on));
      if (handoff !== undefined) yield* fitsHandoff(rule, handoff, path);
      yield* comparisonCanBeCrossed(rule, floors.get(on), path);
    }
  }
};

function nameIn(phase: string | undefined, id: string | undefined): string {
  return `${phase ?? ''} ${id ?? ''}`;
}

function* evidenceCanBeShown(rule: Written, path: PlanPath): Generator<Finding> {
  if (rule.kind === 'floor' && rule.atLeast === 1 && rule.test !== 'threshold') {
    yield {
      code: 'WH661',
      path: [...path, 'atLeast'],
      message:
        "One miss is below 100%, so there is nothing to test. Write '{ kind: zeroTolerance }' with how many may be missed, or 'test: threshold'.",
    };
  }
  const compares = rule.kind === 'comparison' || rule.kind === 'slowerThanLegacy';
  if (compares && rule.notWorseBy === 0) {
    yield {
      code: 'WH652',
      path: [...path, 'notWorseBy'],
      message: "No number of outcomes shows that target is no worse at all. Write by how much it may be, such as '5%'.",
    };
  }
  if (compares && rule.notWorseBy !== undefined && rule.margin !== undefined && rule.notWorseBy > rule.margin) {
    yield {
      code: 'WH653',
      path: [...path, 'notWorseBy'],
      message: `A step would end though target may be worse by more than its margin of ${percentWords(rule.margin)}. Write that or less.`,
    };
  }
  for (const name of ['above', 'notWorseBy'] as const) {
    if (!Object.hasOwn(rule, name) || !('test' in rule) || rule.test !== 'threshold') continue;
    yield {
      code: 'WH656',
      path: [...path, name],
      message: `With 'test: threshold' nothing is weighed as evidence. Leave '${name}' out, or 'test'.`,
    };
  }
  if (rule.kind !== 'floor' && rule.kind !== 'latency') return;
  const { above } = rule;
  if (above === undefined) return;
  const least = leastOf(rule);
  if (above === 1) {
    yield {
      code: 'WH653',
      path: [...path, 'above'],
      message: "Nothing is above 100%. Write what target must be shown to keep more than, such as '90%'.",
    };
  } else if (least !== undefined && above < least) {
    yield {
      code: 'WH653',
      path: [...path, 'above'],
      message: `A step would end on less than its limit of ${percentWords(least)}. Write that or more.`,
    };
  }
}

/** Below it the limit is crossed, where that is a rate of target's alone. */
function leastOf(rule: Extract<Written, { kind?: 'floor' | 'latency' }>): number | undefined {
  if (rule.kind === 'floor') return rule.atLeast;
  return rule.kind !== 'latency' || Object.hasOwn(rule, 'margin') || rule.percentile === undefined
    ? undefined
    : Number((rule.percentile / 100).toFixed(12));
}

function* countsCanBeCrossed(rule: Written, path: PlanPath): Generator<Finding> {
  if (rule.kind !== 'zeroTolerance') return;
  const { ofFirst, minimumOutcomes, missed, counts } = rule;
  if (ofFirst !== undefined && minimumOutcomes !== undefined && minimumOutcomes > ofFirst) {
    yield {
      code: 'WH658',
      path: [...path, 'ofFirst'],
      message: `The step waits for ${minimumOutcomes} outcomes, of which ${ofFirst} count. Write a 'minimumOutcomes' of ${ofFirst} at most, or a larger 'ofFirst'.`,
    };
  } else if (ofFirst !== undefined && missed !== undefined && missed >= ofFirst) {
    yield {
      code: 'WH658',
      path: [...path, 'missed'],
      message: `All of the first ${ofFirst} may be missed. Write fewer than that.`,
    };
  }
  for (const name of ['condition', 'ofFirst'] as const) {
    if (counts !== 'secondEnds' || !Object.hasOwn(rule, name)) continue;
    yield {
      code: 'WH662',
      path: [...path, name],
      message: `Ends that came once more are no missed ones, of which '${name}' would choose. Leave '${name}' out, or 'counts'.`,
    };
  }
}

/** What comes from elsewhere is how many were kept and missed, and nothing more. */
function* sourceCanSay(rule: Written, path: PlanPath): Generator<Finding> {
  const asks = (name: string): Finding => ({
    code: 'WH664',
    path: [...path, name],
    message:
      "The source says how many were kept and missed, not how each ended or what else came. Leave 'source' out, or write a rule on those two figures.",
  });
  if (rule.kind === 'latency' || rule.kind === 'slowerThanLegacy' || rule.kind === 'ratio' || rule.kind === 'capacity')
    yield asks('kind');
  if (rule.kind !== 'zeroTolerance') return;
  for (const name of ['ofFirst', 'condition', 'counts']) if (Object.hasOwn(rule, name)) yield asks(name);
}

function* fitsHandoff(rule: Written, handoff: Draft<PlanHandoff>, path: PlanPath): Generator<Finding> {
  const called = quoteName(handoff.id ?? '');
  if (rule.kind === 'latency' && rule.within !== undefined && handoff.within !== undefined) {
    if (rule.within < handoff.within) return;
    yield {
      code: 'WH660',
      path: [...path, 'within'],
      message: `${called} is missed after ${formatDuration(handoff.within)}, so all that are kept are as fast as this. Write a shorter time, or a floor.`,
    };
  }
  if (rule.kind !== 'zeroTolerance') return;
  const { condition, counts } = rule;
  const conditions = (handoff.must ?? []).map((one) => one?.id);
  if (condition !== undefined && !conditions.includes(undefined) && !conditions.includes(condition)) {
    const there =
      conditions.length === 0
        ? "It has none under 'must'."
        : `It has ${conditions.map((id) => quoteName(id ?? '')).join(', ')}.`;
    yield {
      code: 'WH657',
      path: [...path, 'condition'],
      message: `${called} has no condition ${quoteName(condition)}, so nothing would ever be counted. ${there}`,
    };
  }
  if (counts === 'secondEnds' && handoff.exactlyOnce !== true && !isUnreadable(handoff, 'exactlyOnce')) {
    yield {
      code: 'WH662',
      path: [...path, 'counts'],
      message: `Nobody looks for ends of ${called} that come once more. Write 'exactlyOnce: true' there.`,
    };
  }
}

function isUnreadable(of: Draft<PlanHandoff>, name: keyof PlanHandoff): boolean {
  return Object.hasOwn(of, name) && of[name] === undefined;
}

/** The kept rate that the phase itself says of each handoff: its highest floor. */
function floorsOf(gates: Draft<PlanPhase>['gates']): Map<string, number> {
  const floors = new Map<string, number>();
  for (const [, { handoff, rule }] of readable(gates)) {
    if (handoff === undefined || rule?.kind !== 'floor' || rule.atLeast === undefined) continue;
    floors.set(handoff, Math.max(rule.atLeast, floors.get(handoff) ?? 0));
  }
  return floors;
}

/** So much of legacy's ends within the first of its times. */
const WITHIN_P50 = 0.5;

function* comparisonCanBeCrossed(rule: Written, floor: number | undefined, path: PlanPath): Generator<Finding> {
  if (rule.kind === 'slowerThanLegacy' && rule.margin !== undefined && rule.margin >= WITHIN_P50) {
    yield {
      code: 'WH651',
      path: [...path, 'margin'],
      message:
        "Half of legacy's end within its p50, and fewer than none cannot: a target slower than all of them would pass there. Write a margin well below 50%; 5% to 10% is usual.",
    };
  }
  if (rule.kind !== 'comparison' || rule.margin === undefined || rule.margin === 1) return;
  if (floor === undefined || floor === 0 || rule.margin < floor) return;
  yield {
    code: 'WH651',
    path: [...path, 'margin'],
    message: `The phase expects ${percentWords(floor)} of this handoff to be kept, and less than nothing cannot be. Write a margin well below that; 5% to 10% is usual.`,
  };
}

/** A step ends early on evidence, and not before it could be watched. */
export const earlyEndsAreEarned: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    const asksForNothing = [...readable(phase.gates)].find(([, { rule }]) => rule !== undefined && asksNothing(rule));
    for (const { ramp, path } of rampsOf(phase, ['phases', index])) {
      for (const [at, { watch, watchAtLeast }] of readable(ramp)) {
        if (watchAtLeast === undefined) continue;
        const where = [...path, at, 'watchAtLeast'];
        if (watch !== undefined && watchAtLeast > watch) {
          yield {
            code: 'WH654',
            path: where,
            message: `The step is over after ${formatDuration(watch)} already. Write that or less.`,
          };
        }
        if (asksForNothing !== undefined) {
          yield {
            code: 'WH655',
            path: where,
            message:
              asksForNothing[1].rule?.kind === 'ratio'
                ? `${quoteName(asksForNothing[1].id ?? '')} is a ratio, which never asks for evidence, so the step would not end early. Leave this out.`
                : `${quoteName(asksForNothing[1].id ?? '')} asks for no evidence, so the step could end early on next to nothing. Give it 'above' or 'notWorseBy', or leave this out.`,
          };
        }
      }
    }
  }
};

/** Whether a rule on a rate passes without anything being shown. */
function asksNothing(rule: Written): boolean {
  if (rule.kind === 'comparison' || rule.kind === 'slowerThanLegacy') return !Object.hasOwn(rule, 'notWorseBy');
  return rule.kind === 'ratio' || ((rule.kind === 'floor' || rule.kind === 'latency') && !Object.hasOwn(rule, 'above'));
}

/** R35: what a team on duty can work on is said. */
export const capacityIsKnown: Rule = function* ({ phases, owners }, names) {
  const teams = new Map([...readable(owners)].map(([, team]) => [team.id, team]));
  for (const [phaseIndex, { gates }] of readable(phases)) {
    for (const [index, { rule }] of readable(gates)) {
      if (rule?.kind !== 'capacity' || rule.team === undefined) continue;
      const path = ['phases', phaseIndex, 'gates', index, 'rule', 'team'];
      yield* names.owners.check(rule.team, path);
      const team = teams.get(rule.team);
      if (team === undefined || isWithoutReading(team)) continue;
      const shifts = [...readable(team.reach?.shifts)];
      if (shifts.length > 0 && shifts.every(([, shift]) => Object.hasOwn(shift, 'capacity'))) continue;
      yield {
        code: 'WH659',
        path,
        message: `Nothing says how many open cases the people of ${quoteName(rule.team)} on duty can work on. Give each of its shifts under 'reach' a 'capacity'.`,
      };
    }
  }
};

function isWithoutReading(team: Draft<Plan['owners'][number]>): boolean {
  return Object.hasOwn(team, 'reach') && team.reach?.shifts === undefined;
}

/** R32 to R35: what a gate that is built in is measured on is there. */
export const builtInGatesMeasured: Rule = function* ({ phases, handoffs }) {
  if (handoffs === undefined || handoffs.some((handoff) => handoff?.id === undefined || handoff.phase === undefined))
    return;
  const declared = new Set(handoffs.map((handoff) => handoff?.id));
  for (const [phaseIndex, { id: phase, gates }] of readable(phases)) {
    for (const [index, { builtIn, handoff }] of readable(gates)) {
      const known = builtInGate(builtIn);
      if (known === undefined || handoff !== known.handoff || phase === undefined) continue;
      if (declared.has(handoff)) continue;
      yield {
        code: 'WH663',
        path: ['phases', phaseIndex, 'gates', index, 'builtIn'],
        message: `It is measured on a handoff of this phase that is not there. Declare ${known.declare}, call it '${known.handoff}'; or name yours as 'handoff'.`,
      };
    }
  }
};
