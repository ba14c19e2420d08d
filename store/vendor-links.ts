import type { LinkedBecause } from '../domain/crosswalk/judge-sighting';
import type { UnitKind } from '../domain/sides/units';
import type { Queryable } from './database';

/** That an id is linked since. */
export interface VendorLinkToWrite {
  /** The id's number. */
  vendorId: string;
  kind: UnitKind;
  unit: string;
  because: LinkedBecause;
}

/**
 * Links ids whose rows this transaction holds; what is linked stays. Whatever is held that names one of them is to be judged again: it is due, also
 * where this process ends before it comes to that.
 */
export async function writeVendorLinks(
  connection: Queryable,
  { migration, linkedBy }: { migration: string; linkedBy: string },
  links: readonly VendorLinkToWrite[],
): Promise<void> {
  if (links.length === 0) return;
  await connection.query(
    `INSERT INTO vendor_link (vendor_id, kind, migration, unit, because, linked_by)
     SELECT DISTINCT ON (i.vendor_id, i.kind) i.vendor_id, i.kind, $1, i.unit, i.because, $2
       FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS i (vendor_id, kind, unit, because, at)
      ORDER BY i.vendor_id, i.kind, i.at
     ON CONFLICT (vendor_id, kind) DO NOTHING`,
    [
      ...[migration, linkedBy],
      links.map(({ vendorId }) => vendorId),
      links.map(({ kind }) => kind),
      links.map(({ unit }) => unit),
      links.map(({ because }) => because),
    ],
  );
  await makeDue(
    connection,
    migration,
    links.map(({ vendorId }) => vendorId),
  );
}

/** Whatever is held that names one of these ids is to be judged again. */
export async function makeDue(connection: Queryable, migration: string, vendorIds: readonly string[]): Promise<void> {
  await connection.query(
    `WITH held AS MATERIALIZED (
       SELECT u.number FROM unlinked_event u
        WHERE u.migration = $1 AND u.outcome IS NULL
          AND u.number IN (SELECT i.event FROM unlinked_event_id i WHERE i.vendor_id = ANY ($2::bigint[]))
        ORDER BY u.number FOR NO KEY UPDATE
     )
     UPDATE unlinked_event u SET due_at = statement_timestamp() FROM held h WHERE u.number = h.number`,
    [migration, [...new Set(vendorIds)]],
  );
}
