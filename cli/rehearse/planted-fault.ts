import type { Plan, PlanHandoff } from '../../domain/plan/plan-schema';
import { formatDuration } from '../../domain/time/duration';
import type { Fault } from '../../sandbox/stacks/fault';
import { cannotRehearse } from './rehearsal-failure';

/** What is broken on target in the middle of a rehearsal. */
export interface PlantedFault {
  /** The handoff that breaks by it. */
  handoff: PlanHandoff;
  kind: 'drop' | 'slow';
  fault: Fault;
}

/**
 * Reads `drop:<handoff>`, `slow:<handoff>` or `none`; of a kind alone, the handoff is that of the phase's first gate that rolls back.
 * @throws CliFailure `bad-fault`
 */
export function readPlantedFault(
  text: string,
  plan: Plan,
  phaseId: string,
  migration: string,
): PlantedFault | undefined {
  if (text === 'none') return undefined;
  const [, kind, named] = /^(drop|slow)(?::([A-Za-z0-9-]+))?$/.exec(text) ?? [];
  const handoffs = plan.handoffs.filter(({ phase }) => phase === phaseId);
  const watched = handoffsThatRollBack(plan, phaseId);
  const id = named ?? watched[0];
  const handoff = handoffs.find((candidate) => candidate.id === id);
  if ((kind !== 'drop' && kind !== 'slow') || handoff === undefined) {
    throw cannotRehearse(
      'bad-fault',
      `Give --fault as 'drop:<handoff>', 'slow:<handoff>' or 'none'. The handoffs of ${phaseId}: ${handoffs.map((each) => each.id).join(', ')}.`,
    );
  }
  if (!watched.includes(handoff.id)) {
    throw cannotRehearse(
      'fault-without-gate',
      `No gate of ${phaseId} rolls back for that handoff, so its failure would change nothing. Break one of: ${watched.join(', ')}.`,
    );
  }
  const common = { side: 'target', eventTypes: handoff.end, migration } as const;
  const by = formatDuration(2 * (handoff.within + (handoff.lateness ?? plan.lateness)));
  return { handoff, kind, fault: kind === 'drop' ? { kind, ...common } : { kind, by, ...common } };
}

/** The handoffs, each once, whose failure crosses the limit of a gate that was agreed to roll back. */
function handoffsThatRollBack({ phases, rollbackRules }: Plan, phaseId: string): string[] {
  const gates = phases.find(({ id }) => id === phaseId)?.gates ?? [];
  const agreed = gates.filter(({ id }) =>
    rollbackRules.some(({ phase, gate, action }) => phase === phaseId && gate === id && action.kind === 'rollback'),
  );
  return [...new Set(agreed.map(({ handoff }) => handoff))];
}

/** `lost review.assigned on target`. */
export function faultWords({ kind, handoff }: PlantedFault): string {
  return `${kind === 'drop' ? 'lost' : 'far too late'}: ${handoff.end.join(', ')} on target (${handoff.id})`;
}
