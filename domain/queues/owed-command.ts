import type { Plan } from '../plan/plan-schema';
import type { Side } from '../sides/side';
import type { OwedCommand, PhaseUnits } from './redrive';

/** The command that a missed handoff lacks where this side must end it, as the plan says; undefined where it says none. */
export function owedCommand(plan: Pick<Plan, 'handoffs' | 'phases'>, id: string, side: Side): OwedCommand | undefined {
  const handoff = plan.handoffs.find((one) => one.id === id);
  const system = handoff?.redrive?.to[side];
  if (handoff?.redrive === undefined || system === undefined) return undefined;
  const { start, phase, endPhase = phase, redrive } = handoff;
  return { command: redrive.command, system, start, from: unitsIn(plan, phase), to: unitsIn(plan, endPhase) };
}

function unitsIn({ phases }: Pick<Plan, 'phases'>, name: string): PhaseUnits {
  const phase = phases.find(({ id }) => id === name);
  if (phase === undefined) throw new Error('A handoff of the plan names a phase that the plan lacks.');
  return { phase: name, unit: phase.unit, anonymousUnit: phase.anonymousUnit };
}
