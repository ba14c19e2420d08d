import type { UnitKind } from '../domain/sides/units';
import type { Queryable } from './database';

export interface PatientEpisodes {
  /** Those whose placements are not all closed, and those without any; the latest first. */
  open: readonly string[];
  closed: readonly string[];
}

/** More of one patient are not looked at: which one is meant is not known then anyway. */
const MOST = 50;

/**
 * The episodes of a patient, by whichever of their keys; each by the key that stands for no other. An episode is closed when its side is, in every
 * phase that it has one in.
 * @param phases the plan's in which an episode has a side
 */
export async function readEpisodes(
  connection: Queryable,
  of: { migration: string; patient: string; phases: readonly string[] },
): Promise<PatientEpisodes> {
  const { rows } = await connection.query<{ episode: string; closed: boolean }>(
    `WITH known AS MATERIALIZED (
       SELECT j.id, coalesce(a.unit, j.id) AS episode, j.last_at
         FROM (SELECT DISTINCT u.journey FROM keys_of_person($1, $2) AS k (key)
                 JOIN journey_unit u ON u.migration = $1 AND u.kind = 'patient' AND u.unit = k.key) u
         JOIN journey j ON j.migration = $1 AND j.id = u.journey
         LEFT JOIN unit_alias a ON a.migration = $1 AND a.alias = j.id
        ORDER BY j.last_at DESC, j.id LIMIT $4
     )
     SELECT k.episode, coalesce(bool_and(s.closed), false) AS closed
       FROM known k
       LEFT JOIN LATERAL (
         SELECT p.closed_at IS NOT NULL AS closed
           FROM unnest($3::text[]) AS f (phase)
           JOIN placement p ON p.migration = $1 AND p.phase = f.phase AND p.unit = placed_as($1, f.phase, k.id)
       ) s ON true
      GROUP BY k.episode ORDER BY max(k.last_at) DESC, k.episode`,
    [of.migration, of.patient, of.phases, MOST],
  );
  return {
    open: rows.filter(({ closed }) => !closed).map(({ episode }) => episode),
    closed: rows.filter(({ closed }) => closed).map(({ episode }) => episode),
  };
}

/** The keys that these stand for, themselves where they stand for none. */
export async function readRoots(
  connection: Queryable,
  migration: string,
  keys: readonly string[],
): Promise<(key: string) => string> {
  if (keys.length === 0) return (key) => key;
  const { rows } = await connection.query<{ alias: string; unit: string }>(
    'SELECT alias, unit FROM unit_alias WHERE migration = $1 AND alias = ANY ($2)',
    [migration, [...new Set(keys)]],
  );
  const roots = new Map(rows.map(({ alias, unit }) => [alias, unit]));
  return (key) => roots.get(key) ?? key;
}

/** Of episodes the patient that their events name, of visitors the patient they are known to be; by the keys that stand for no other. */
export async function readPatientsOf(
  connection: Queryable,
  migration: string,
  units: readonly { kind: UnitKind; key: string }[],
): Promise<(kind: UnitKind, key: string) => string | undefined> {
  const keys = (kind: UnitKind): string[] => units.filter((unit) => unit.kind === kind).map(({ key }) => key);
  if (units.length === 0) return () => undefined;
  const { rows } = await connection.query<{ kind: UnitKind; key: string; patient: string }>(
    `SELECT 'episode' AS kind, k.key, coalesce(p.unit, j.subject) AS patient
       FROM unnest($2::text[]) AS k (key)
       JOIN LATERAL (
         SELECT j.subject FROM journey j WHERE j.migration = $1 AND (j.id = k.key OR j.id IN (SELECT a.alias FROM unit_alias a WHERE a.migration = $1 AND a.unit = k.key))
          ORDER BY j.first_at, j.id LIMIT 1
       ) j ON true
       LEFT JOIN unit_alias p ON p.migration = $1 AND p.alias = j.subject
      UNION ALL
     SELECT 'visitor', o.visitor, o.patient FROM unnest($3::text[]) AS k (key) JOIN unit_owner o ON o.migration = $1 AND o.visitor = k.key`,
    [migration, [...new Set(keys('episode'))], [...new Set(keys('visitor'))]],
  );
  const patients = new Map(rows.map(({ kind, key, patient }) => [`${kind} ${key}`, patient]));
  return (kind, key) => patients.get(`${kind} ${key}`);
}
