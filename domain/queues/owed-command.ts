import type { PlanHandoff } from '../plan/plan-schema';
import type { Side } from '../sides/side';
import type { OwedCommand } from './redrive';

/** The command that a missed handoff lacks where this side must end it, as the plan says; undefined where it says none. */
export function owedCommand(handoffs: readonly PlanHandoff[], id: string, side: Side): OwedCommand | undefined {
  const redrive = handoffs.find((handoff) => handoff.id === id)?.redrive;
  const system = redrive?.to[side];
  return redrive === undefined || system === undefined ? undefined : { command: redrive.command, system };
}
