import type { PlanHandoff } from '../plan/plan-schema';
import type { Side } from '../sides/side';
import type { OwedCommand } from './redrive';

/** The command that a missed handoff lacks where this side must end it, as the plan says; undefined where it says none. */
export function owedCommand(handoffs: readonly PlanHandoff[], id: string, side: Side): OwedCommand | undefined {
  const { start, redrive } = handoffs.find((handoff) => handoff.id === id) ?? {};
  const system = redrive?.to[side];
  if (start === undefined || redrive === undefined || system === undefined) return undefined;
  return { command: redrive.command, system, start };
}
