import type { EventTally, HandoffTally, OutcomeTally } from '../../domain/status/migration-status';
import type { Queryable } from '../database';

/** Outcomes of one handoff by side, before those that never started are added. */
export async function handoffTallies(
  connection: Queryable,
  migration: string,
): Promise<Map<string, Omit<HandoffTally, 'phase'>>> {
  const { rows } = await connection.query<{
    handoff: string;
    side: 'legacy' | 'target' | 'unplaced';
    open: number;
    kept: number;
    missed: number;
    released: number;
    repeated: number;
    recovered: number;
  }>(
    `SELECT handoff, COALESCE(from_side, 'unplaced') AS side,
            (count(*) FILTER (WHERE outcome IS NULL))::int AS open,
            (count(*) FILTER (WHERE outcome = 'kept'))::int AS kept,
            (count(*) FILTER (WHERE outcome = 'missed'))::int AS missed,
            (count(*) FILTER (WHERE outcome = 'released'))::int AS released,
            sum(repeated)::int AS repeated,
            count(recovered_at)::int AS recovered
       FROM handoff_occurrence WHERE migration = $1 GROUP BY handoff, COALESCE(from_side, 'unplaced')`,
    [migration],
  );
  const tallies = new Map<string, Omit<HandoffTally, 'phase'>>();
  for (const { handoff, side, repeated, recovered, ...outcomes } of rows) {
    const tally = tallies.get(handoff) ?? noOutcomes(handoff);
    tally.bySide[side] = outcomes;
    tally.repeated += repeated;
    tally.recovered += recovered;
    tallies.set(handoff, tally);
  }
  for (const { handoff, unmatched } of await unmatchedEnds(connection, migration)) {
    const tally = tallies.get(handoff) ?? noOutcomes(handoff);
    tally.unmatched = unmatched;
    tallies.set(handoff, tally);
  }
  return tallies;
}

/** The tally of a handoff that never started. */
export function noOutcomes(handoff: string): Omit<HandoffTally, 'phase'> {
  const none = (): OutcomeTally => ({ open: 0, kept: 0, missed: 0, released: 0 });
  return {
    handoff,
    bySide: { legacy: none(), target: none(), unplaced: none() },
    repeated: 0,
    recovered: 0,
    unmatched: 0,
  };
}

async function unmatchedEnds(
  connection: Queryable,
  migration: string,
): Promise<{ handoff: string; unmatched: number }[]> {
  const { rows } = await connection.query<{ handoff: string; unmatched: number }>(
    `SELECT handoff, sum(count)::int AS unmatched FROM handoff_unmatched WHERE migration = $1 GROUP BY handoff`,
    [migration],
  );
  return rows;
}

export async function eventTally(connection: Queryable, migration: string): Promise<EventTally> {
  const { rows } = await connection.query<EventTally & Record<string, number>>(
    `SELECT count(*)::int AS stored,
            (count(*) FILTER (WHERE disposition = 'matched'))::int AS matched,
            (count(*) FILTER (WHERE disposition = 'unlistened'))::int AS unlistened,
            (count(*) FILTER (WHERE disposition IS NULL))::int AS pending
       FROM event WHERE migration = $1`,
    [migration],
  );
  return rows[0] ?? { stored: 0, matched: 0, unlistened: 0, pending: 0 };
}
