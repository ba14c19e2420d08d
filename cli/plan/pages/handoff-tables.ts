import { bridgesOf, type JourneyHandoff } from '../../../domain/plan/graph/journey-map';
import type { HandoffCondition, Plan, PlanHandoff } from '../../../domain/plan/plan-schema';
import { actionWords } from '../../../domain/plan/words/action-words';
import { formatDuration } from '../../../domain/time/duration';
import { code, codes, markdownTable } from './markdown';

/** What must follow what, and what a missed one leads to. */
export function handoffTable(plan: Plan, handoffs: readonly JourneyHandoff[]): string {
  return markdownTable(
    ['handoff', 'starts with', 'kept by', 'within', 'released by', 'severity', 'a missed one', 'gates on it'],
    handoffs.map(({ handoff, owner, bridge }) => [
      `${code(handoff.id)}${bridge === undefined ? '' : ` (bridge, ends on the side of ${bridge.endPhase})`}`,
      `${code(handoff.start)}${countsBy(handoff)}`,
      keptBy(handoff),
      within(handoff),
      codes(handoff.unless),
      handoff.severity,
      missed(plan, handoff, owner),
      gatesOn(plan, handoff),
    ]),
  );
}

export function bridgeTable(plan: Plan): string {
  return markdownTable(
    ['handoff', 'starts in', 'ends on the side of', 'crosses sides as', 'when', 'within', 'owner of a missed one'],
    bridgesOf(plan).map(({ handoff, owner, bridge }) => {
      const { phase, within: deadline } = handoff;
      const [first, second] = bridge.lane === 'target→legacy' ? [phase, bridge.endPhase] : [bridge.endPhase, phase];
      return [
        code(handoff.id),
        phase,
        bridge.endPhase,
        bridge.lane,
        `the patient is on target in ${first} and still on legacy in ${second}`,
        formatDuration(deadline),
        owner === null ? 'nobody: no case' : code(owner),
      ];
    }),
  );
}

/** What start and end have in common, where that is not the journey. */
function countsBy({ correlate }: PlanHandoff): string {
  if (correlate === undefined) return '';
  if (correlate === 'patient') return ', of one patient';
  return 'instance' in correlate ? `, of one ${correlate.instance}` : `, of one ${code(correlate.field)}`;
}

function keptBy({ end, must = [], exactlyOnce, forEach }: PlanHandoff): string {
  const ends = end.map(code).join(' or ');
  return [
    ends,
    ...must.map((condition) => `must be ${conditionWords(condition)}`),
    ...(exactlyOnce === true ? [`exactly once`] : []),
    ...(forEach === undefined ? [] : [`one for each ${code(forEach.field)} of ${codes(forEach.of)}`]),
  ].join('; ');
}

function conditionWords(condition: HandoffCondition): string {
  const at = condition.end === undefined ? '' : ` of ${code(condition.end)}`;
  const field = `${code(condition.field)}${at}`;
  return 'equalsStart' in condition
    ? `${code(condition.id)}: ${field} equal to the start's ${code(condition.equalsStart)}`
    : `${code(condition.id)}: ${field} one of ${codes(condition.oneOf)}`;
}

function within({ within: deadline, businessTime, pausedWhile = [] }: PlanHandoff): string {
  return [
    formatDuration(deadline),
    ...(businessTime === undefined ? [] : [`promised: ${businessTime.within} of ${businessTime.calendar}`]),
    ...pausedWhile.map(({ from, until }) => `stands still from ${code(from)} to ${code(until)}`),
  ].join('; ');
}

function missed({ queues }: Plan, { queue, recipients = [], redrive }: PlanHandoff, owner: string | null): string {
  if (queue === undefined || owner === null) return 'counted; no case';
  const sla = queues.find(({ id }) => id === queue)?.sla;
  return [
    `a case in ${code(queue)}, worked by ${code(owner)}${sla === undefined ? '' : ` within ${formatDuration(sla)}`}`,
    ...(recipients.length === 0 ? [] : [`${codes(recipients)} told`]),
    ...(redrive === undefined
      ? []
      : [`${code(redrive.command)} can be sent again to ${Object.values(redrive.to).map(code).join(' or ')}`]),
  ].join('; ');
}

function gatesOn({ phases, rollbackRules }: Plan, { id, phase }: PlanHandoff): string {
  const own = phases.find((one) => one.id === phase);
  return (own?.gates ?? [])
    .filter(({ handoff }) => handoff === id)
    .map((gate) => {
      const rule = rollbackRules.find((one) => one.phase === phase && one.gate === gate.id);
      return rule === undefined ? code(gate.id) : `${code(gate.id)}: ${actionWords(rule.action, own)}`;
    })
    .join('; ');
}
