import type { Plan, PlanGate, PlanPhase } from '../../domain/plan/plan-schema';
import { CliFailure } from '../cli-failure';
import { EXIT } from '../exit-codes';

export interface GateOfPhase {
  phase: PlanPhase;
  gate: PlanGate;
}

/** Every gate of a plan, or of one phase. @throws CliFailure `unknown-phase` */
export function gatesOf(plan: Plan, phaseId?: string): GateOfPhase[] {
  const phases = plan.phases.filter(({ id }) => phaseId === undefined || id === phaseId);
  if (phases.length === 0) {
    throw new CliFailure(
      'unknown-phase',
      EXIT.refused,
      `The plan has no phase of that name. It has ${listed(plan.phases.map(({ id }) => id))}.`,
    );
  }
  return phases.flatMap((phase) => phase.gates.map((gate) => ({ phase, gate })));
}

/** The gate of that id. @throws CliFailure `unknown-gate`, `unknown-phase`, or `ambiguous-gate` where several phases have one and none is named */
export function findGate(plan: Plan, id: string, phaseId?: string): GateOfPhase {
  const gates = gatesOf(plan, phaseId);
  const [found, ...others] = gates.filter(({ gate }) => gate.id === id);
  const where = phaseId === undefined ? 'The plan' : 'That phase';
  if (found === undefined) {
    throw new CliFailure(
      'unknown-gate',
      EXIT.refused,
      `${where} has no gate of that name. It has ${listed([...new Set(gates.map(({ gate }) => gate.id))])}.`,
    );
  }
  if (others.length > 0) {
    const phases = listed([found, ...others].map(({ phase }) => phase.id));
    throw new CliFailure(
      'ambiguous-gate',
      EXIT.usage,
      `Several phases have a gate of that name: ${phases}. Say which with --phase.`,
    );
  }
  return found;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
