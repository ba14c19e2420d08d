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

/** What `--fault` asks for. */
export interface WantedFault {
  kind: 'drop' | 'slow';
  handoff: string;
}

/**
 * Reads `drop:<handoff>`, `slow:<handoff>` or `none`; of a kind alone, the handoff is that of the phase's first gate that rolls back.
 * @throws CliFailure `bad-fault` or `fault-without-gate`
 */
export function readFaultOption(text: string, plan: Plan, phaseId: string): WantedFault | undefined {
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
  return { kind, handoff: handoff.id };
}

/**
 * The fault that breaks a handoff for those on target: its ends never happen, or far too late. Where it ends in a part of the journey
 * that has not moved yet, it breaks at the bridge, in the stack that the work is handed to; only stacks of whole journeys have those.
 */
export function plantedFault({ kind, handoff: id }: WantedFault, plan: Plan, migration: string): PlantedFault {
  const handoff = plan.handoffs.find((each) => each.id === id);
  if (handoff === undefined) throw new Error('A fault for a handoff that the plan does not declare.');
  const place = isBridge(handoff, plan) ? ({ side: 'legacy', lane: 'bridge' } as const) : ({ side: 'target' } as const);
  const common = { ...place, eventTypes: handoff.end, migration };
  const by = formatDuration(2 * (handoff.within + (handoff.lateness ?? plan.lateness)));
  return { handoff, kind, fault: kind === 'drop' ? { kind, ...common } : { kind, by, ...common } };
}

/** Whether a handoff ends in a later phase, which has not moved while its own does. */
function isBridge({ phase, endPhase = phase }: PlanHandoff, { phases }: Plan): boolean {
  const placeOf = (wanted: string): number => phases.findIndex(({ id }) => id === wanted);
  return placeOf(endPhase) > placeOf(phase);
}

/** The handoffs, each once, whose failure crosses the limit of a gate that was agreed to roll back. */
export function handoffsThatRollBack({ phases, rollbackRules }: Plan, phaseId: string): string[] {
  const gates = phases.find(({ id }) => id === phaseId)?.gates ?? [];
  const agreed = gates.filter(({ id }) =>
    rollbackRules.some(({ phase, gate, action }) => phase === phaseId && gate === id && action.kind === 'rollback'),
  );
  return [...new Set(agreed.map(({ handoff }) => handoff))];
}

/** `lost: review.assigned on target (payment-to-provider-routing)`. */
export function faultWords({ kind, handoff, fault }: PlantedFault): string {
  const where = 'lane' in fault && fault.lane === 'bridge' ? 'on the way from target to legacy' : 'on target';
  return `${kind === 'drop' ? 'lost' : 'far too late'}: ${handoff.end.join(', ')} ${where} (${handoff.id})`;
}
