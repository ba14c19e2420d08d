import type { UnitKind } from '../domain/sides/units';
import type { CrosswalkSecrets } from '../platform/crosswalk-secrets';
import { CrosswalkKeyMissing, readKeys } from './crosswalk-keys';
import type { Queryable } from './database';

/** An id that was looked for, and what it is linked to: by keys that stand for no other. */
export interface FoundVendorId {
  number: string;
  vendor: string;
  kind: string;
  names: UnitKind;
  /** Of the unit that it names, where that is linked; else of its patient's; null: it is nobody's. */
  linkedTo: string | null;
  patient: string | null;
  /** Events that wait for somebody to say whose they are. */
  held: number;
}

/**
 * Looks an id up under every key; every kind of the vendor's that has it, unless one is named.
 * @throws CrosswalkKeyMissing
 */
export async function findVendorId(
  connection: Queryable,
  secrets: CrosswalkSecrets,
  { migration, vendor, id, kind }: { migration: string; vendor: string; id: string; kind?: string },
): Promise<FoundVendorId[]> {
  const keys = await readKeys(connection);
  if (!keys.every((key) => secrets.holds(key))) throw new CrosswalkKeyMissing();
  const { rows } = await connection.query<FoundVendorId & Record<string, unknown>>(
    `SELECT v.number, v.vendor, v.kind, v.names, coalesce(n.unit, p.unit) AS "linkedTo", coalesce(p.unit, e.patient) AS patient,
            (SELECT count(*)::integer FROM unlinked_event_id i JOIN unlinked_event u ON u.number = i.event AND u.outcome IS NULL
              WHERE i.vendor_id = v.number) AS held
       FROM (SELECT DISTINCT h.vendor_id FROM unnest($3::text[], $4::bytea[]) AS i (key_id, hash)
               JOIN vendor_id_hash h ON h.migration = $1 AND h.vendor = $2 AND h.hash = i.hash AND h.key_id = i.key_id
              WHERE $5::text IS NULL OR h.kind = $5) f
       JOIN vendor_id v ON v.number = f.vendor_id
       LEFT JOIN LATERAL (${LINK}) n ON true
       LEFT JOIN LATERAL (${LINK.replace('v.names', "'patient'")}) p ON true
       LEFT JOIN LATERAL (
         SELECT coalesce(a.unit, j.subject) AS patient
           FROM vendor_link l JOIN journey j ON j.migration = $1 AND j.id = l.unit
           LEFT JOIN unit_alias a ON a.migration = $1 AND a.alias = j.subject
          WHERE l.vendor_id = v.number AND l.kind = 'episode'
       ) e ON true
      ORDER BY v.kind`,
    [
      ...[migration, vendor],
      keys.map((key) => key.id),
      keys.map((key) => secrets.hash(key, { migration, vendor, id })),
      kind ?? null,
    ],
  );
  return rows;
}

const LINK = `SELECT coalesce(a.unit, l.unit) AS unit
                FROM vendor_link l LEFT JOIN unit_alias a ON a.migration = l.migration AND a.alias = l.unit
               WHERE l.vendor_id = v.number AND l.kind = v.names`;
