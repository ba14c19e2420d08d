import { NOT_CARRIED_OUT } from '../not-carried-out';
import type { Plan } from '../plan-schema';
import { actionWords } from '../words/action-words';
import { limitWords } from '../words/limit-words';
import { ENGINE, type RaciRow } from './raci-row';
import { without } from './ownership-rows';

/** Rules that the engine carries out: the first team of `agreedBy` answers for what was agreed, the others agreed with it, the queue's owner gets the cases. */
export function rollbackRuleRows({ rollbackRules, phases, handoffs, queues }: Plan): RaciRow[] {
  return rollbackRules.map(({ id, phase, gate, action, agreedBy }) => {
    const handoff = phases.find((one) => one.id === phase)?.gates.find((one) => one.id === gate)?.handoff;
    const { queue, recipients = [] } = handoffs.find((one) => one.id === handoff) ?? {};
    const owner = queues.find((one) => one.id === queue)?.owner;
    return {
      area: 'rollback rule',
      thing: `${id}: when ${gate} in ${phase} is crossed, ${actionWords(action)}`,
      responsible: [ENGINE],
      ...agreement(agreedBy),
      informed: without([...(owner === undefined ? [] : [owner]), ...recipients], agreedBy),
      due: 'at once',
      from: `rollbackRules[${id}]`,
    };
  });
}

export function queueRuleRows({ queueRules = [], queues }: Plan): RaciRow[] {
  return queueRules.map(({ id, action, agreedBy, queues: counted }) => ({
    area: 'queue rule',
    thing: `${id}: when too many cases are overdue, ${actionWords(action)}`,
    responsible: doneBy('WH805', agreedBy),
    ...agreement(agreedBy),
    informed: without(
      queues.filter(({ id: queue }) => counted?.includes(queue) ?? true).map(({ owner }) => owner),
      agreedBy,
    ),
    from: `queueRules[${id}]`,
  }));
}

/** Limits that nothing measures yet: whoever answers for one watches it, too. */
export function declaredGateRows({ declaredGates = [] }: Plan): RaciRow[] {
  return declaredGates.map(({ id, measure, limit, phases, action, agreedBy, page }) => ({
    area: 'declared gate',
    thing: `${id}: ${withoutStop(measure)} in ${phases?.join(', ') ?? 'every phase'}; crossed by ${limitWords(limit)}; then ${actionWords(action)}`,
    responsible: doneBy('WH818', agreedBy),
    ...agreement(agreedBy),
    informed: page === undefined ? [] : without([page], agreedBy.slice(0, 1)),
    due: 'at once',
    from: `declaredGates[${id}]`,
  }));
}

/** The engine, or as long as this release does not carry such a thing out, whoever answers for it. */
function doneBy(code: string, agreedBy: readonly string[]): string[] {
  return Object.hasOwn(NOT_CARRIED_OUT, code) ? agreedBy.slice(0, 1) : [ENGINE];
}

function agreement([accountable, ...consulted]: readonly string[]): Pick<RaciRow, 'accountable' | 'consulted'> {
  return { ...(accountable !== undefined && { accountable }), consulted: without(consulted, [accountable ?? '']) };
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}
