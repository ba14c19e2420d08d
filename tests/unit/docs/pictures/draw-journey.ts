import type { Plan } from '../../../../domain/plan/plan-schema';
import { formatDuration } from '../../../../domain/time/duration';

/**
 * The journey of a plan as Mermaid: its phases in order, what starts and ends each handoff, its deadline. A bridge, whose end is another
 * phase's than its start, is drawn broken.
 */
export function drawJourney({ phases, handoffs }: Plan): string {
  const homes = new Map<string, string>();
  // What starts a handoff belongs to the handoff's phase; what only ends one, to the phase that must end it.
  for (const { start, phase } of handoffs) if (!homes.has(start)) homes.set(start, phase);
  for (const { end, phase, endPhase } of handoffs) {
    for (const type of end) if (!homes.has(type)) homes.set(type, endPhase ?? phase);
  }
  const types = [...homes.keys()];
  const idOf = (type: string): string => `e${types.indexOf(type) + 1}`;
  const boxes = phases.flatMap(({ id }, index) => [
    `    subgraph p${index + 1}["${index + 1}. ${id}"]`,
    ...types.filter((type) => homes.get(type) === id).map((type) => `        ${idOf(type)}["${type}"]`),
    '    end',
  ]);
  const arrows = handoffs.flatMap(({ start, end, within, phase, endPhase, unless }) => {
    const bridge = endPhase !== undefined && endPhase !== phase;
    const says = `${formatDuration(within)}${bridge ? ', bridge' : ''}${unless.length === 0 ? '' : '*'}`;
    return end.map((type) => `    ${idOf(start)} ${bridge ? '-.->' : '-->'}|"${says}"| ${idOf(type)}`);
  });
  return ['flowchart LR', ...boxes, ...arrows].join('\n');
}
