import type { Database } from '../../store/database';
import { KEPT_HANDOFF, MISSED_HANDOFF } from './watched-plan';

/** One write of what a gate knows, with its verdict. */
export interface WrittenState {
  migration: string;
  gate: string;
  /** Number of the last outcome that it counts. */
  last: number;
  /** What it counts: kept and missed on target, then on legacy. */
  counts: readonly [number, number, number, number];
  /** When it was committed: milliseconds since 1970, by Postgres' word. */
  at: number;
}

/** An outcome that gates count. */
export interface CountableOutcome {
  migration: string;
  handoff: string;
  side: 'target' | 'legacy';
  outcome: 'kept' | 'missed';
  /** Its number; null: nobody has taken it up. */
  number: number | null;
  /** From when it may be counted: it has matured and is final. Milliseconds since 1970. */
  countableAt: number;
}

/** Which handoff each gate of the plan counts. */
export const HANDOFF_OF: Readonly<Record<string, string>> = {
  'routing-floor': MISSED_HANDOFF,
  'routing-against-legacy': MISSED_HANDOFF,
  'few-unrouted': MISSED_HANDOFF,
  'next-step-floor': KEPT_HANDOFF,
};

/** Keeps each write of a gate's state from now on: the state's own row tells the latest alone. */
export async function keepWrittenStates(db: Database): Promise<void> {
  await db.query(
    `CREATE TABLE bench_written_state (migration text, gate text, last bigint, counts integer[]);
     CREATE FUNCTION bench_keep_state() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       INSERT INTO bench_written_state VALUES (NEW.migration, NEW.gate, (NEW.state ->> 'last')::bigint, ARRAY[
         (NEW.state #>> '{attempt,target,kept}')::integer, (NEW.state #>> '{attempt,target,missed}')::integer,
         (NEW.state #>> '{attempt,legacy,kept}')::integer, (NEW.state #>> '{attempt,legacy,missed}')::integer]);
       RETURN NULL;
     END $$;
     CREATE TRIGGER bench_keep_state AFTER INSERT OR UPDATE ON gate_state FOR EACH ROW
       WHEN (NEW.state ->> 'last' IS NOT NULL) EXECUTE FUNCTION bench_keep_state();`,
  );
}

/** In the order of the writes of each gate. */
export async function readWrittenStates(db: Database): Promise<WrittenState[]> {
  const { rows } = await db.query<WrittenState & Record<string, unknown>>(
    `SELECT migration, gate, last::float8 AS last, counts, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::float8 AS at
       FROM bench_written_state ORDER BY migration, gate, last, at`,
  );
  return rows;
}

/** In the order of their numbers within each handoff of each migration. */
export async function readCountableOutcomes(db: Database): Promise<CountableOutcome[]> {
  const { rows } = await db.query<CountableOutcome & Record<string, unknown>>(
    `SELECT migration, handoff, from_side AS side, outcome, matured::float8 AS number,
            (extract(epoch FROM greatest(matures_at, finalized_at)) * 1000)::float8 AS "countableAt"
       FROM handoff_occurrence WHERE final AND from_side IS NOT NULL AND outcome <> 'released' AND matures_at <= clock_timestamp()
      ORDER BY migration, handoff, matured`,
  );
  return rows;
}
