import { staffOnShift } from '../../domain/queues/staff-on-shift';
import { sourceError } from '../../domain/metrics/outcome-answer';
import type { Queryable } from '../../store/database';
import { databaseNow } from '../../store/database-clock';
import { readOpen } from '../../store/matured-outcomes';
import type { GateReading } from './gate-reading';
import type { WatchedGate } from './watched-step';

/** Of gates with a capacity, in their order: what is open of their handoffs, and what the people on duty can work on. */
export async function readLoads(
  connection: Queryable,
  gates: readonly { gate: WatchedGate }[],
): Promise<GateReading[]> {
  if (gates.length === 0) return [];
  try {
    const at = await databaseNow(connection);
    const open = await readOpen(
      connection,
      gates.map(({ gate: { step, gate } }) => ({ migration: step.watch.migration, handoff: gate.handoff })),
    );
    return gates.map(({ gate }, index) => ({
      kind: 'load',
      open: open[index] ?? 0,
      capacity: capacityOf(gate, at),
      at,
    }));
  } catch {
    // What the driver says may hold values of the query.
    return gates.map(() => sourceError('Postgres did not answer. Look at its log and its connections.'));
  }
}

function capacityOf({ step, gate: { rule } }: WatchedGate, at: Date): number | null {
  const team = rule.kind === 'capacity' ? step.plan.owners.find(({ id }) => id === rule.team) : undefined;
  if (team?.reach === undefined) return null;
  const now = at.getTime();
  return staffOnShift(team.reach, now, now + 1)[0]?.capacity ?? null;
}
