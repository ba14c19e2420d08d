import type { Plan } from '../domain/plan/plan-schema';
import type { UnitKind } from '../domain/sides/units';
import type { Queryable } from './database';
import { readRoots } from './patient-episodes';

interface SoughtKey {
  migration: string;
  kind: UnitKind;
  /** The key that it stands for. */
  root: string;
  key: string;
  phases: readonly string[];
}

/**
 * Whom a key of any kind leads to, by the key that stays: a patient's own, a visitor's, an episode's by its events, any other by an event that names it or
 * by the ids that are linked to it. undefined: nothing is known of it.
 */
export async function findPatient(
  connection: Queryable,
  { id: migration, plan }: { id: string; plan: Plan },
  { kind, key }: { kind: UnitKind; key: string },
): Promise<string | undefined> {
  const root = (await readRoots(connection, migration, [key]))(key);
  const of = { migration, kind, key, root, phases: plan.phases.map((phase) => phase.id) };
  const patient = kind === 'patient' ? await knownPatient(connection, of) : await patientOfUnit(connection, of);
  return patient === undefined ? undefined : (await readRoots(connection, migration, [patient]))(patient);
}

async function knownPatient(
  connection: Queryable,
  { migration, root, phases }: SoughtKey,
): Promise<string | undefined> {
  return (await readKnownPatients(connection, migration, phases, [root])).has(root) ? root : undefined;
}

/** Those of these patients' keys, which stand for no other, of whom something is known: an event, an id, another key of theirs or a side. */
export async function readKnownPatients(
  connection: Queryable,
  migration: string,
  phases: readonly string[],
  roots: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await connection.query<{ root: string }>(
    `SELECT r.root FROM unnest($2::text[]) AS r (root)
      WHERE EXISTS (SELECT FROM journey_unit u WHERE u.migration = $1 AND u.kind = 'patient' AND u.unit = r.root)
         OR EXISTS (SELECT FROM vendor_link l WHERE l.migration = $1 AND l.unit = r.root)
         OR EXISTS (SELECT FROM keys_of_person($1, r.root) AS k (key) WHERE k.key <> r.root)
         OR EXISTS (SELECT FROM placement p WHERE p.migration = $1 AND p.phase = ANY ($3) AND p.unit = r.root)`,
    [migration, [...new Set(roots)], phases],
  );
  return new Set(rows.map(({ root }) => root));
}

/** The first that tells: a visitor's link, an episode's events, an event that names the unit, an id that is linked to it; a visitor may be nobody yet. */
async function patientOfUnit(
  connection: Queryable,
  { migration, kind, key, root, phases }: SoughtKey,
): Promise<string | undefined> {
  const { rows } = await connection.query<{ patient: string }>(
    `SELECT f.patient FROM (
       SELECT 1 AS rank, o.patient FROM unit_owner o WHERE $2 = 'visitor' AND o.migration = $1 AND o.visitor = $4
        UNION ALL
       (SELECT 2, j.subject FROM journey j WHERE $2 = 'episode' AND j.migration = $1 AND j.id = ANY (ARRAY[$3, $4]) ORDER BY j.first_at LIMIT 1)
        UNION ALL
       (SELECT 3, j.subject FROM journey_unit u JOIN journey j ON j.migration = $1 AND j.id = u.journey
         WHERE u.migration = $1 AND u.kind = $2 AND u.unit = ANY (ARRAY[$3, $4]) ORDER BY j.last_at DESC LIMIT 1)
        UNION ALL
       (SELECT 4, o.unit FROM vendor_link l JOIN vendor_link o ON o.vendor_id = l.vendor_id AND o.kind = 'patient'
         WHERE l.migration = $1 AND l.unit = ANY (ARRAY[$3, $4]) LIMIT 1)
        UNION ALL
       (SELECT 5, p.unit FROM placement p WHERE $2 = 'visitor' AND p.migration = $1 AND p.phase = ANY ($5) AND p.unit = $4 LIMIT 1)
     ) f ORDER BY f.rank LIMIT 1`,
    [migration, kind, key, root, phases],
  );
  return rows[0]?.patient;
}
