import type { Queryable } from './database';

export interface GateKey {
  migration: string;
  phase: string;
  cohort: string;
  gate: string;
}

/** What a gate knew when it was written last. */
export interface GateState {
  /** First epoch of the attempt that it is of. */
  attemptEpoch: number;
  /** 1 for the first that was written, and one more each time. */
  revision: number;
  /** Plain JSON, the evaluator's own. */
  state: unknown;
  updatedAt: Date;
}

/** Of each gate, in the order of the keys; undefined where none was written. */
export async function readGateStates(
  connection: Queryable,
  keys: readonly GateKey[],
): Promise<(GateState | undefined)[]> {
  if (keys.length === 0) return [];
  const { rows } = await connection.query<GateState & { place: number }>(
    `SELECT i.place::integer AS place, g.attempt_epoch::float8 AS "attemptEpoch", g.revision::float8 AS revision, g.state, g.updated_at AS "updatedAt"
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS i (migration, phase, cohort, gate, place)
       JOIN gate_state g USING (migration, phase, cohort, gate)`,
    keyColumns(keys),
  );
  const states: (GateState | undefined)[] = keys.map(() => undefined);
  for (const { place, ...state } of rows) states[place - 1] = state;
  return states;
}

export interface GateStateToSave {
  key: GateKey;
  attemptEpoch: number;
  /** That was read; 0 where there was none. */
  revision: number;
  state: unknown;
}

/**
 * Compare-and-set on the revision, of each gate for itself: one that somebody else wrote since it was read stays as it is. Rows are written in the order of
 * their keys, so that two savers never wait for each other in a circle.
 * @param rows each key once
 * @returns of each, in their order, whether it was saved; its revision is one more then
 */
export async function saveGateStates(connection: Queryable, rows: readonly GateStateToSave[]): Promise<boolean[]> {
  if (rows.length === 0) return [];
  const { rows: saved } = await connection.query<GateKey & Record<string, unknown>>(
    `INSERT INTO gate_state AS g (migration, phase, cohort, gate, attempt_epoch, revision, state, updated_at)
     SELECT i.migration, i.phase, i.cohort, i.gate, i.attempt_epoch, i.revision + 1, i.state, clock_timestamp()
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::jsonb[])
              AS i (migration, phase, cohort, gate, attempt_epoch, revision, state)
      WHERE i.revision = 0 OR EXISTS (SELECT FROM gate_state b WHERE b.migration = i.migration AND b.phase = i.phase AND b.cohort = i.cohort AND b.gate = i.gate)
      ORDER BY i.migration, i.phase, i.cohort, i.gate
     ON CONFLICT (migration, phase, cohort, gate) DO UPDATE
       SET attempt_epoch = EXCLUDED.attempt_epoch, revision = EXCLUDED.revision, state = EXCLUDED.state, updated_at = EXCLUDED.updated_at
       WHERE g.revision = EXCLUDED.revision - 1
     RETURNING migration, phase, cohort, gate`,
    [
      ...keyColumns(rows.map(({ key }) => key)),
      rows.map(({ attemptEpoch }) => attemptEpoch),
      rows.map(({ revision }) => revision),
      rows.map(({ state }) => JSON.stringify(state)),
    ],
  );
  const written = new Set(saved.map(nameOf));
  return rows.map(({ key }) => written.has(nameOf(key)));
}

function nameOf({ migration, phase, cohort, gate }: GateKey): string {
  return `${migration} ${phase} ${cohort} ${gate}`;
}

function keyColumns(keys: readonly GateKey[]): string[][] {
  return [
    keys.map(({ migration }) => migration),
    keys.map(({ phase }) => phase),
    keys.map(({ cohort }) => cohort),
    keys.map(({ gate }) => gate),
  ];
}
