import type { CrosswalkPreview } from '../domain/status/crosswalk-answers';
import type { Queryable } from './database';
import { readPatientKeys } from './patient-keys';

/** What a merge of two patients, or a split of an id from one, would touch now. @param patients one or two, by the keys that stay */
export async function previewChange(
  connection: Queryable,
  migration: string,
  { patients, vendorId }: { patients: readonly string[]; vendorId?: string },
): Promise<CrosswalkPreview> {
  const known = [];
  for (const patient of patients) known.push(await readPatientKeys(connection, migration, patient));
  const counted: CrosswalkPreview['patients'] = [];
  for (const { patient, keys, journeys, units } of known) {
    const { rows } = await connection.query<{ vendorIds: number; openCases: number }>(
      `SELECT (SELECT count(*)::integer FROM vendor_link l WHERE l.migration = $1 AND l.unit = ANY ($2) AND l.kind = 'patient') AS "vendorIds",
              (SELECT count(*)::integer FROM exception e WHERE e.migration = $1 AND e.subject = ANY ($3) AND e.state = 'open') AS "openCases"`,
      [migration, keys, units],
    );
    const [row] = rows;
    counted.push({
      ...{ key: patient, keys: keys.length, episodes: journeys.length },
      ...{ vendorIds: row?.vendorIds ?? 0, openCases: row?.openCases ?? 0 },
    });
  }
  const [one, other] = known;
  return {
    patients: counted,
    contradicting:
      vendorId !== undefined || one === undefined || other === undefined
        ? []
        : await contradictingPhases(connection, migration, one.keys, other.keys),
    seenTogether:
      vendorId === undefined || one === undefined
        ? []
        : await idsSeenTogether(connection, migration, one.keys, vendorId),
    held: await countHeld(connection, migration, vendorId),
  };
}

/** Where both have an open side of their own, and not the same. */
async function contradictingPhases(
  connection: Queryable,
  migration: string,
  one: readonly string[],
  other: readonly string[],
): Promise<string[]> {
  const { rows } = await connection.query<{ phase: string }>(
    `SELECT DISTINCT p.phase
       FROM (SELECT f.phase ->> 'id' AS phase FROM migration m JOIN plan d ON d.hash = m.plan_hash
              CROSS JOIN LATERAL jsonb_array_elements(d.document -> 'phases') AS f (phase) WHERE m.id = $1) f
       JOIN placement p ON p.migration = $1 AND p.phase = f.phase AND p.unit = ANY ($2) AND p.closed_at IS NULL
       JOIN placement o ON o.migration = $1 AND o.phase = f.phase AND o.unit = ANY ($3) AND o.closed_at IS NULL AND o.side <> p.side
      ORDER BY p.phase`,
    [migration, one, other],
  );
  return rows.map(({ phase }) => phase);
}

/** Ids of one payload are linked at about one moment. */
const OF_ONE_PAYLOAD = '1 second';

async function idsSeenTogether(
  connection: Queryable,
  migration: string,
  keys: readonly string[],
  vendorId: string,
): Promise<CrosswalkPreview['seenTogether']> {
  const { rows } = await connection.query<CrosswalkPreview['seenTogether'][number]>(
    `SELECT v.vendor, v.kind, count(*)::integer AS ids
       FROM vendor_link s JOIN vendor_link l ON l.migration = $1 AND l.unit = ANY ($2) AND l.kind = 'patient' AND l.because = 'seenTogether'
                               AND l.vendor_id <> s.vendor_id AND l.linked_at >= s.linked_at - $4::interval
       JOIN vendor_id v ON v.number = l.vendor_id
      WHERE s.vendor_id = $3 AND s.kind = 'patient' GROUP BY v.vendor, v.kind ORDER BY v.vendor, v.kind`,
    [migration, keys, vendorId, OF_ONE_PAYLOAD],
  );
  return rows;
}

async function countHeld(connection: Queryable, migration: string, vendorId: string | undefined): Promise<number> {
  const { rows } = await connection.query<{ held: number }>(
    vendorId === undefined
      ? `SELECT count(*)::integer AS held FROM unlinked_event u WHERE u.migration = $1 AND u.because = 'contradiction' AND u.outcome IS NULL`
      : `SELECT count(*)::integer AS held FROM unlinked_event_id i JOIN unlinked_event u ON u.number = i.event AND u.migration = $1 AND u.outcome IS NULL
          WHERE i.vendor_id = $2`,
    vendorId === undefined ? [migration] : [migration, vendorId],
  );
  return rows[0]?.held ?? 0;
}
