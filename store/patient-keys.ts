import type { UnitKeys } from '../domain/sides/units';
import type { Queryable } from './database';

/** Of one patient; what is beyond is left out, the oldest first. */
const MOST_JOURNEYS = 50;
const MOST_EVENTS = 2_000;

/** Everything that names one patient. */
export interface PatientKeys {
  migration: string;
  /** The key that stays. */
  patient: string;
  /** Those that stand for the person, this one among them. */
  keys: string[];
  /** Their journeys, the latest first. */
  journeys: string[];
  /** Every unit of theirs that has been named, the keys and the journeys among them. */
  units: string[];
}

/** By which keys and units a patient is known, whoever was linked to them since. */
export async function readPatientKeys(connection: Queryable, migration: string, patient: string): Promise<PatientKeys> {
  const { rows: keyRows } = await connection.query<{ key: string }>(
    'SELECT DISTINCT k.key FROM keys_of_person($1, $2) AS k (key) ORDER BY k.key',
    [migration, patient],
  );
  const keys = keyRows.map(({ key }) => key);
  const { rows: journeyRows } = await connection.query<{ id: string }>(
    `SELECT j.id FROM (SELECT DISTINCT u.journey FROM journey_unit u WHERE u.migration = $1 AND u.kind = 'patient' AND u.unit = ANY ($2)) u
       JOIN journey j ON j.migration = $1 AND j.id = u.journey ORDER BY j.last_at DESC, j.id LIMIT $3`,
    [migration, keys, MOST_JOURNEYS],
  );
  const journeys = journeyRows.map(({ id }) => id);
  const { rows: named } = await connection.query<{ units: UnitKeys }>(
    `SELECT DISTINCT e.units FROM (
       SELECT e.units FROM event e WHERE e.migration = $1 AND e.journey = ANY ($2) ORDER BY e.matched_at DESC LIMIT $3
     ) e`,
    [migration, journeys, MOST_EVENTS],
  );
  const { rows: linked } = await connection.query<{ unit: string }>(
    `SELECT DISTINCT o.unit FROM vendor_link l JOIN vendor_link o ON o.vendor_id = l.vendor_id
      WHERE l.migration = $1 AND l.unit = ANY ($2) AND l.kind = 'patient'`,
    [migration, keys],
  );
  const units = [
    ...keys,
    ...journeys,
    ...named.flatMap(({ units: of }) => Object.values(of)),
    ...linked.map(({ unit }) => unit),
  ];
  const { rows: roots } = await connection.query<{ unit: string }>(
    'SELECT a.unit FROM unit_alias a WHERE a.migration = $1 AND a.alias = ANY ($2)',
    [migration, units],
  );
  return {
    ...{ migration, patient, keys, journeys },
    units: [...new Set([...units, ...roots.map(({ unit }) => unit)])],
  };
}
