import type { CrosswalkSecrets } from '../platform/crosswalk-secrets';
import { CrosswalkKeyMissing, holdKeys } from './crosswalk-keys';
import type { Database } from './database';

const AT_ONCE = 500;

/**
 * Hashes ids under the writing key that are known under older ones alone, some hundred in a transaction; gives how many are left. Nothing that an id is
 * linked to changes.
 * @param enough whether to stop for now
 * @throws CrosswalkKeyMissing
 */
export async function rehashVendorIds(
  db: Database,
  secrets: CrosswalkSecrets,
  enough: () => boolean,
): Promise<{ hashed: number; left: number }> {
  let hashed = 0;
  let after = '0';
  for (;;) {
    const batch = await rehashBatch(db, secrets, after);
    hashed += batch.hashed;
    if (batch.last === undefined) return { hashed, left: 0 };
    after = batch.last;
    if (enough()) return { hashed, left: await countLeft(db) };
  }
}

interface SealedId {
  number: string;
  migration: string;
  vendor: string;
  kind: string;
  sealed: Buffer;
}

async function rehashBatch(
  db: Database,
  secrets: CrosswalkSecrets,
  after: string,
): Promise<{ hashed: number; last: string | undefined }> {
  return db.transaction(async (connection) => {
    const { writing } = await holdKeys(connection, secrets);
    const { rows } = await connection.query<SealedId & Record<string, unknown>>(
      `SELECT v.number, v.migration, v.vendor, v.kind, v.sealed FROM vendor_id v
        WHERE v.number > $2 AND NOT EXISTS (SELECT FROM vendor_id_hash h WHERE h.vendor_id = v.number AND h.key_id = $1)
        ORDER BY v.number LIMIT $3`,
      [writing.id, after, AT_ONCE],
    );
    const hashes = rows.map(({ migration, vendor, sealed }) => {
      const id = secrets.open(sealed, { migration, vendor });
      if (id === undefined) throw new CrosswalkKeyMissing();
      return secrets.hash(writing, { migration, vendor, id });
    });
    const { rowCount } = await connection.query(
      `INSERT INTO vendor_id_hash (migration, vendor, kind, hash, key_id, vendor_id)
       SELECT i.migration, i.vendor, i.kind, i.hash, $1, i.number
         FROM unnest($2::text[], $3::text[], $4::text[], $5::bytea[], $6::bigint[]) AS i (migration, vendor, kind, hash, number) ORDER BY i.hash, i.kind
       ON CONFLICT DO NOTHING`,
      [
        writing.id,
        rows.map(({ migration }) => migration),
        rows.map(({ vendor }) => vendor),
        rows.map(({ kind }) => kind),
        hashes,
        rows.map(({ number }) => number),
      ],
    );
    return { hashed: rowCount ?? 0, last: rows.at(-1)?.number };
  });
}

async function countLeft(db: Database): Promise<number> {
  const { rows } = await db.query<{ left: number }>(
    `SELECT count(*)::float8 AS left FROM vendor_id v
      WHERE NOT EXISTS (SELECT FROM vendor_id_hash h JOIN crosswalk_key k ON k.id = h.key_id AND k.writing WHERE h.vendor_id = v.number)`,
  );
  return rows[0]?.left ?? 0;
}
