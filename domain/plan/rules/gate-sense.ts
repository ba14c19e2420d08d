import { formatDuration } from '../../time/duration';
import { SEVERITIES } from '../journey';
import { quoteName } from '../plan-problem';
import { rampsOf } from './ramps-of';
import { readable, type Rule } from './rule';

/** Nobody may have looked over a weekend. */
const WEEKEND = 2 * 86_400_000;

/** A limit that is crossed late or by chance protects nobody, and looks like one that does. */
export const limitsProtect: Rule = function* ({ phases }) {
  for (const [phaseIndex, { gates }] of readable(phases)) {
    for (const [index, { rule }] of readable(gates)) {
      const path = ['phases', phaseIndex, 'gates', index, 'rule'];
      if (rule?.kind === 'zeroTolerance') {
        const { missed, minimumOutcomes } = rule;
        if (missed === undefined || minimumOutcomes === undefined || missed === 0 || missed < minimumOutcomes) continue;
        yield {
          code: 'WH630',
          path: [...path, 'missed'],
          message: `With ${minimumOutcomes} outcomes this gate passes though all of them are missed. Write a 'minimumOutcomes' well above ${missed}.`,
        };
      }
      if (rule?.kind === 'floor' && rule.atLeast !== undefined && rule.atLeast > 0) {
        if (rule.atLeast < 0.5) {
          yield {
            code: 'WH631',
            path: [...path, 'atLeast'],
            message: `More than half of the patients may be missed, and this gate passes. Write the lowest rate that is acceptable, such as '90%'.`,
          };
        } else if (rule.atLeast === 1 && rule.test === 'threshold') {
          yield {
            code: 'WH632',
            path: [...path, 'atLeast'],
            message:
              "A single missed one is below 100%, whatever the reason. Write '{ kind: zeroTolerance }' with how many may be missed, or a floor that chance does not cross.",
          };
        }
      }
      if (rule?.kind === 'ratio' && rule.times !== undefined && rule.times > 5) {
        yield {
          code: 'WH633',
          path: [...path, 'times'],
          message: `It may come ${rule.times} times as often on target as on legacy, and this gate passes. Write 5 at most; 1.2 to 2 is usual.`,
        };
      }
      if (rule?.kind === 'comparison' && rule.margin !== undefined && rule.margin < 1 && rule.margin > 0.3) {
        yield {
          code: 'WH633',
          path: [...path, 'margin'],
          message: `The target may lose ${Math.round(rule.margin * 100)} more of a hundred than legacy does, and this gate passes. Write 30% at most; 5% to 10% is usual.`,
        };
      }
    }
  }
};

/** A gate costs patients at least what one miss of its handoff costs; a ratio counts something else than misses. */
export const gatesAsSevere: Rule = function* ({ phases, handoffs }) {
  const severityOf = new Map([...readable(handoffs)].map(([, { id, severity }]) => [id, severity]));
  for (const [phaseIndex, { gates }] of readable(phases)) {
    for (const [index, { handoff, severity, rule }] of readable(gates)) {
      if (rule?.kind === 'ratio') continue;
      const missed = handoff === undefined ? undefined : severityOf.get(handoff);
      if (missed === undefined || severity === undefined) continue;
      if (SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(missed)) continue;
      yield {
        code: 'WH634',
        path: ['phases', phaseIndex, 'gates', index, 'severity'],
        message: `One miss of ${quoteName(handoff ?? '')} costs '${missed}', and a limit of misses is called '${severity}'. Write '${missed}'.`,
      };
    }
  }
};

/** A gate that sees nothing is heard of before its step would be over. */
export const blindGatesPage: Rule = function* ({ phases, handoffs }) {
  const deadlineOf = new Map([...readable(handoffs)].map(([, { id, within }]) => [id, within]));
  for (const [index, phase] of readable(phases)) {
    const deadlines = [...readable(phase.gates)].map(([, { handoff }]) => deadlineOf.get(handoff) ?? 0);
    const watches = [...rampsOf(phase, [])].flatMap(({ ramp }) => ramp.map((step) => step?.watch));
    const shortest = Math.min(...watches.map((watch) => watch ?? Infinity));
    for (const field of ['noData', 'sourceError'] as const) {
      const wait = phase.hold?.[field];
      if (wait === undefined || wait <= Math.max(WEEKEND, shortest, ...deadlines)) continue;
      yield {
        code: 'WH635',
        path: ['phases', index, 'hold', field],
        message: `For ${formatDuration(wait)} patients would go on arriving at what nobody sees, and nobody is told. Write two days at most, or as long as its shortest step or longest deadline.`,
      };
    }
  }
};

/** R36, R37: what stops everything for the sake of safety was agreed with those who answer for it. */
export const authorityAgreed: Rule = function* ({ phases, rollbackRules, stackMap }) {
  const [, charting] = [...readable(stackMap)].find(([, { layer }]) => layer === 'charting-and-ehr') ?? [];
  const clinical = charting !== undefined && 'actionOwner' in charting ? charting.actionOwner : undefined;
  for (const [index, { phase, gate, action, agreedBy }] of readable(rollbackRules)) {
    if (agreedBy === undefined || agreedBy.includes(undefined)) continue;
    const [, moved] = [...readable(phases)].find(([, { id }]) => id !== undefined && id === phase) ?? [];
    const [, crossed] = [...readable(moved?.gates)].find(([, { id }]) => id !== undefined && id === gate) ?? [];
    if (crossed?.severity === 'safety' && clinical !== undefined && !agreedBy.includes(clinical)) {
      yield {
        code: 'WH636',
        path: ['rollbackRules', index, 'agreedBy'],
        message: `This limit is one of safety, and ${quoteName(clinical)}, who owns the action in the chart, has not agreed to what is done. Ask them before launch, and add them.`,
      };
    }
    if (action?.kind === 'rollback' && action.scope === 'migration' && agreedBy.length < 2) {
      yield {
        code: 'WH637',
        path: ['rollbackRules', index, 'agreedBy'],
        message:
          'The whole migration goes back, and one team alone has agreed to it. Ask those whose patients and work it moves, and add them.',
      };
    }
  }
};
