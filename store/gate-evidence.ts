import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';

export interface GateEvidenceKey {
  migration: string;
  phase: string;
  cohort: string;
  gate: string;
  epoch: number;
}

export interface GateEvidence extends GateEvidenceKey {
  verdict: string;
  /** Plain JSON: message, and the reading that the verdict was reached on. */
  evidence: unknown;
}

/**
 * Writes a verdict with its evidence, and gives for how long this verdict has stood without a break, in milliseconds of the
 * database's clock.
 */
export async function saveGateEvidence(connection: Queryable, row: GateEvidence): Promise<Milliseconds> {
  const [standsFor = 0] = await saveGateEvidences(connection, [row]);
  return standsFor;
}

const STANDS_FOR = '(extract(epoch FROM kept.evaluated_at - kept.since) * 1000)::float8 AS "standsFor"';
const KEY = 'kept.migration, kept.phase, kept.cohort, kept.gate, kept.epoch::float8 AS epoch';

/**
 * The same of many, in one statement; for how long each stands comes in their order. They are written in the order of their keys: two writers never wait for
 * each other in a circle.
 * @param rows each key once
 */
export async function saveGateEvidences(connection: Queryable, rows: readonly GateEvidence[]): Promise<Milliseconds[]> {
  if (rows.length === 0) return [];
  const { rows: saved } = await connection.query<Standing>(
    `INSERT INTO gate_evidence AS kept (migration, phase, cohort, gate, epoch, verdict, evidence, since, evaluated_at)
     SELECT i.migration, i.phase, i.cohort, i.gate, i.epoch, i.verdict, i.evidence, clock_timestamp(), clock_timestamp()
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::jsonb[])
              AS i (migration, phase, cohort, gate, epoch, verdict, evidence)
      ORDER BY i.migration, i.phase, i.cohort, i.gate, i.epoch
     ON CONFLICT (migration, phase, cohort, gate, epoch) DO UPDATE
       SET since = CASE WHEN kept.verdict = EXCLUDED.verdict THEN kept.since ELSE EXCLUDED.since END,
           verdict = EXCLUDED.verdict, evidence = EXCLUDED.evidence, evaluated_at = EXCLUDED.evaluated_at
     RETURNING ${KEY}, ${STANDS_FOR}`,
    [...keyColumns(rows), rows.map(({ verdict }) => verdict), rows.map(({ evidence }) => JSON.stringify(evidence))],
  );
  const standing = byKey(saved);
  return rows.map((row) => standing.get(nameOf(row)) ?? 0);
}

type Standing = GateEvidenceKey & { standsFor: number };

function byKey(rows: readonly Standing[]): Map<string, Milliseconds> {
  return new Map(rows.map((row) => [nameOf(row), row.standsFor]));
}

function nameOf({ migration, phase, cohort, gate, epoch }: GateEvidenceKey): string {
  return `${migration} ${phase} ${cohort} ${gate} ${epoch}`;
}

function keyColumns(keys: readonly GateEvidenceKey[]): unknown[][] {
  return [
    keys.map(({ migration }) => migration),
    keys.map(({ phase }) => phase),
    keys.map(({ cohort }) => cohort),
    keys.map(({ gate }) => gate),
    keys.map(({ epoch }) => epoch),
  ];
}
