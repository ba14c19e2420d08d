import type { HandoffQuery } from '../activities/gates/metric-source';
import type { GateReading, OutcomeCounts } from '../domain/gates/outcome-counts';
import { LANES, laneOf } from '../domain/handoffs/lane';
import type { Side } from '../domain/sides/side';
import type { HandoffTally, OutcomeTally } from '../domain/status/migration-status';
import type { Queryable } from './database';

/** What a gate is decided on, and whether its handoff ever started on target in the attempt. */
export interface GateCounts extends GateReading {
  startedOnTarget: boolean;
}

/**
 * Final outcomes of one handoff in one cohort, by side, since the attempt's first epoch and in the current epoch alone.
 * Bridges and units without a placement count for neither side.
 */
export async function readGateCounts(connection: Queryable, query: HandoffQuery): Promise<GateCounts> {
  const { rows } = await connection.query<SideCounts>(
    `SELECT from_side AS side,
            (count(*) FILTER (WHERE outcome = 'kept'))::float8 AS "attemptKept",
            (count(*) FILTER (WHERE outcome = 'missed'))::float8 AS "attemptMissed",
            (count(*) FILTER (WHERE outcome = 'released'))::float8 AS "attemptReleased",
            (count(*) FILTER (WHERE outcome = 'kept' AND epoch = $6))::float8 AS "epochKept",
            (count(*) FILTER (WHERE outcome = 'missed' AND epoch = $6))::float8 AS "epochMissed",
            (count(*) FILTER (WHERE outcome = 'released' AND epoch = $6))::float8 AS "epochReleased",
            max(finalized_at) AS "newestAt"
       FROM handoff_occurrence
      WHERE migration = $1 AND phase = $2 AND cohort = $3 AND handoff = $4 AND epoch >= $5 AND final AND from_side IS NOT NULL
      GROUP BY from_side`,
    [query.migration, query.phase, query.cohort, query.handoff, query.attemptEpoch, query.epoch],
  );
  const target = rows.find((row) => row.side === 'target');
  const legacy = rows.find((row) => row.side === 'legacy');
  return {
    target: bothOf(target),
    legacy: bothOf(legacy),
    newestAt: target?.newestAt?.toISOString() ?? null,
    startedOnTarget: target !== undefined || (await isOpenOnTarget(connection, query)),
  };
}

interface SideCounts {
  side: 'legacy' | 'target';
  attemptKept: number;
  attemptMissed: number;
  attemptReleased: number;
  epochKept: number;
  epochMissed: number;
  epochReleased: number;
  newestAt: Date | null;
}

function bothOf(row: SideCounts | undefined): { attempt: OutcomeCounts; epoch: OutcomeCounts } {
  return {
    attempt: { kept: row?.attemptKept ?? 0, missed: row?.attemptMissed ?? 0, released: row?.attemptReleased ?? 0 },
    epoch: { kept: row?.epochKept ?? 0, missed: row?.epochMissed ?? 0, released: row?.epochReleased ?? 0 },
  };
}

async function isOpenOnTarget(connection: Queryable, query: HandoffQuery): Promise<boolean> {
  const { rows } = await connection.query<{ open: boolean }>(
    `SELECT EXISTS (
       SELECT FROM handoff_occurrence
        WHERE migration = $1 AND phase = $2 AND cohort = $3 AND handoff = $4 AND epoch >= $5 AND from_side = 'target' AND NOT final
     ) AS open`,
    [query.migration, query.phase, query.cohort, query.handoff, query.attemptEpoch],
  );
  return rows[0]?.open ?? false;
}

/**
 * For how long, in milliseconds, the journey (or other unit) that waits longest for a matcher has waited, over all migrations; 0 where none
 * is due. Outcomes are that old at least.
 */
export async function readMatchingLag(connection: Queryable): Promise<number> {
  const { rows } = await connection.query<{ lag: number }>(
    `SELECT coalesce(greatest(extract(epoch FROM clock_timestamp() - least(
              (SELECT min(due_at) FROM journey WHERE due_at IS NOT NULL), (SELECT min(due_at) FROM correlation WHERE due_at IS NOT NULL))) * 1000, 0), 0)::float8 AS lag`,
  );
  return rows[0]?.lag ?? 0;
}

/**
 * What became of every handoff of which anything has arrived: `open + kept + missed + released` is all that started. A missed
 * one counts as open until its lateness is over.
 */
export async function countOutcomes(connection: Queryable, migration: string): Promise<HandoffTally[]> {
  const { rows } = await connection.query<
    OutcomeTally & {
      handoff: string;
      phase: string;
      side: Side | null;
      toSide: Side;
      repeated: number;
      recovered: number;
      secondEnds: number;
    }
  >(
    `SELECT handoff, phase, from_side AS side, to_side AS "toSide",
            (count(*) FILTER (WHERE outcome IS NULL))::float8 AS open,
            (count(*) FILTER (WHERE outcome = 'kept'))::float8 AS kept,
            (count(*) FILTER (WHERE outcome = 'missed'))::float8 AS missed,
            (count(*) FILTER (WHERE outcome = 'released'))::float8 AS released,
            sum(repeated)::float8 AS repeated,
            count(recovered_at)::float8 AS recovered,
            sum(second_ends)::float8 AS "secondEnds"
       FROM handoff_occurrence WHERE migration = $1 GROUP BY handoff, phase, from_side, to_side`,
    [migration],
  );
  const tallies = new Map<string, HandoffTally>();
  for (const { handoff, phase, side, toSide, repeated, recovered, secondEnds, ...outcomes } of rows) {
    const tally = tallies.get(handoff) ?? noOutcomes(handoff, phase);
    tallies.set(handoff, tally);
    addOutcomes(tally.bySide[side ?? 'unplaced'], outcomes);
    tally.byLane.push({ lane: laneOf(side, toSide), ...outcomes });
    tally.repeated += repeated;
    tally.recovered += recovered;
    tally.secondEnds += secondEnds;
  }
  for (const { handoff, phase, unmatched } of await countUnmatched(connection, migration)) {
    const tally = tallies.get(handoff) ?? noOutcomes(handoff, phase);
    tallies.set(handoff, tally);
    tally.unmatched = unmatched;
  }
  for (const { byLane } of tallies.values()) byLane.sort((a, b) => LANES.indexOf(a.lane) - LANES.indexOf(b.lane));
  return [...tallies.values()].sort((a, b) => (a.handoff < b.handoff ? -1 : 1));
}

function addOutcomes(to: OutcomeTally, more: OutcomeTally): void {
  to.open += more.open;
  to.kept += more.kept;
  to.missed += more.missed;
  to.released += more.released;
}

/** The tally of a handoff that has not started. */
export function noOutcomes(handoff: string, phase: string): HandoffTally {
  const none = (): OutcomeTally => ({ open: 0, kept: 0, missed: 0, released: 0 });
  return {
    handoff,
    phase,
    bySide: { legacy: none(), target: none(), unplaced: none() },
    byLane: [],
    repeated: 0,
    recovered: 0,
    unmatched: 0,
    secondEnds: 0,
  };
}

/** The phase comes from the plan: a handoff of which only ends arrived has no occurrence that knows it. */
async function countUnmatched(
  connection: Queryable,
  migration: string,
): Promise<{ handoff: string; phase: string; unmatched: number }[]> {
  const { rows } = await connection.query<{ handoff: string; phase: string; unmatched: number }>(
    `SELECT u.handoff, coalesce(max(d.phase), '') AS phase, sum(u.count)::float8 AS unmatched
       FROM handoff_unmatched u
       LEFT JOIN (SELECT h ->> 'id' AS id, h ->> 'phase' AS phase
                    FROM migration m JOIN plan p ON p.hash = m.plan_hash, jsonb_array_elements(p.document -> 'handoffs') h
                   WHERE m.id = $1) d ON d.id = u.handoff
      WHERE u.migration = $1 GROUP BY u.handoff`,
    [migration],
  );
  return rows;
}
