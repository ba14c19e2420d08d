import type { VendorLinks } from '../domain/crosswalk/judge-sighting';
import type { VendorId } from '../domain/crosswalk/vendor-event';
import type { UnitKind } from '../domain/sides/units';
import type { CrosswalkSecrets } from '../platform/crosswalk-secrets';
import type { KeysInUse } from './crosswalk-keys';
import type { Queryable } from './database';

/** An id that the crosswalk has, and what it is linked to: keys that stand for no other. */
export interface KnownVendorId {
  number: string;
  kind: string;
  names: UnitKind;
  links: VendorLinks;
  /** Patients whom an approved split took it from, by keys that stand for no other. */
  apartFrom: readonly string[];
}

export interface VendorIdsOf {
  migration: string;
  secrets: CrosswalkSecrets;
  keys: KeysInUse;
}

/** Tells ids apart within one migration. */
export function nameOf({ vendor, kind, id }: Pick<VendorId, 'vendor' | 'kind' | 'id'>): string {
  return [vendor, kind, id].join('\u0000');
}

/**
 * Notes that the ids were seen, each once however often it is given, and holds their rows until the transaction ends, so that nobody else links one of
 * them meanwhile; by `nameOf`. Of two that see a new one at the same time, one waits for the other.
 */
export async function takeVendorIds(
  connection: Queryable,
  of: VendorIdsOf,
  given: readonly VendorId[],
): Promise<ReadonlyMap<string, KnownVendorId>> {
  const ids = [...new Map(given.map((id) => [nameOf(id), id])).values()];
  if (ids.length === 0) return new Map();
  const numbers = await numbersOf(connection, of, ids);
  await writeHashes(connection, of, ids, numbers);
  const known = await holdVendorIds(connection, of.migration, [...numbers.values()]);
  return new Map(
    ids.map((id) => {
      const row = known.get(numbers.get(nameOf(id)) ?? '');
      if (row === undefined) throw new Error('An id of a vendor was written, and is not there.');
      return [nameOf(id), row];
    }),
  );
}

async function numbersOf(
  connection: Queryable,
  of: VendorIdsOf,
  ids: readonly VendorId[],
): Promise<Map<string, string>> {
  const found = await findNumbers(connection, of, ids);
  const missing = ids.filter((id) => !found.has(nameOf(id)));
  if (missing.length === 0) return found;
  const inserted = await insertNew(connection, of, missing);
  const others = missing.filter((id) => !inserted.has(nameOf(id)));
  return new Map([...found, ...inserted, ...(await findNumbers(connection, of, others))]);
}

/** Looks under every key: one that was written under an older one is the same id. */
async function findNumbers(
  connection: Queryable,
  { migration, secrets, keys }: VendorIdsOf,
  ids: readonly VendorId[],
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const asked = ids.flatMap((id) =>
    keys.all.map((key) => ({ id, key, hash: secrets.hash(key, { migration, ...id }) })),
  );
  const { rows } = await connection.query<{ at: number; number: string }>(
    `SELECT i.at::integer AS at, h.vendor_id AS number
       FROM unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) WITH ORDINALITY AS i (vendor, kind, key_id, hash, at)
       JOIN vendor_id_hash h ON h.migration = $1 AND h.vendor = i.vendor AND h.kind = i.kind AND h.key_id = i.key_id AND h.hash = i.hash`,
    [
      migration,
      asked.map(({ id }) => id.vendor),
      asked.map(({ id }) => id.kind),
      asked.map(({ key }) => key.id),
      asked.map(({ hash }) => hash),
    ],
  );
  return new Map(
    rows.flatMap(({ at, number }) => {
      const one = asked[at - 1];
      return one === undefined ? [] : [[nameOf(one.id), number] as const];
    }),
  );
}

/** Those that nobody else wrote first, in the order of their hashes, so that no two wait for each other. */
async function insertNew(
  connection: Queryable,
  { migration, secrets, keys: { writing } }: VendorIdsOf,
  ids: readonly VendorId[],
): Promise<Map<string, string>> {
  const hashed = ids
    .map((id) => ({ id, hash: secrets.hash(writing, { migration, ...id }) }))
    .sort((one, other) => one.hash.compare(other.hash) || (one.id.kind < other.id.kind ? -1 : 1));
  const { rows } = await connection.query<{ vendor: string; kind: string; hash: Buffer; number: string }>(
    `INSERT INTO vendor_id_hash (migration, vendor, kind, hash, key_id, vendor_id)
     SELECT $1, i.vendor, i.kind, i.hash, $2, nextval(pg_get_serial_sequence('vendor_id', 'number'))
       FROM unnest($3::text[], $4::text[], $5::bytea[]) WITH ORDINALITY AS i (vendor, kind, hash, at) ORDER BY i.at
     ON CONFLICT (migration, vendor, hash, kind, key_id) DO NOTHING
     RETURNING vendor, kind, hash, vendor_id AS number`,
    [
      ...[migration, writing.id],
      hashed.map(({ id }) => id.vendor),
      hashed.map(({ id }) => id.kind),
      hashed.map(({ hash }) => hash),
    ],
  );
  const numbers = new Map(rows.map((row) => [`${row.vendor} ${row.kind} ${row.hash.toString('hex')}`, row.number]));
  const mine = hashed.flatMap(({ id, hash }) => {
    const number = numbers.get(`${id.vendor} ${id.kind} ${hash.toString('hex')}`);
    return number === undefined ? [] : [{ id, number }];
  });
  await connection.query(
    `INSERT INTO vendor_id (number, migration, vendor, kind, names, sealed) OVERRIDING SYSTEM VALUE
     SELECT i.number, $1, i.vendor, i.kind, i.names, i.sealed
       FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::bytea[]) AS i (number, vendor, kind, names, sealed)`,
    [
      migration,
      mine.map(({ number }) => number),
      mine.map(({ id }) => id.vendor),
      mine.map(({ id }) => id.kind),
      mine.map(({ id }) => id.names),
      mine.map(({ id }) => secrets.seal({ migration, ...id })),
    ],
  );
  return new Map(mine.map(({ id, number }) => [nameOf(id), number]));
}

/** An id that is known under an older key alone is known under the writing one since. */
async function writeHashes(
  connection: Queryable,
  { migration, secrets, keys: { all, writing } }: VendorIdsOf,
  ids: readonly VendorId[],
  numbers: ReadonlyMap<string, string>,
): Promise<void> {
  if (all.length === 1) return;
  const hashed = ids
    .map((id) => ({ id, hash: secrets.hash(writing, { migration, ...id }) }))
    .sort((one, other) => one.hash.compare(other.hash) || (one.id.kind < other.id.kind ? -1 : 1));
  await connection.query(
    `INSERT INTO vendor_id_hash (migration, vendor, kind, hash, key_id, vendor_id)
     SELECT $1, i.vendor, i.kind, i.hash, $2, i.number
       FROM unnest($3::text[], $4::text[], $5::bytea[], $6::bigint[]) WITH ORDINALITY AS i (vendor, kind, hash, number, at) ORDER BY i.at
     ON CONFLICT DO NOTHING`,
    [
      ...[migration, writing.id],
      hashed.map(({ id }) => id.vendor),
      hashed.map(({ id }) => id.kind),
      hashed.map(({ hash }) => hash),
      hashed.map(({ id }) => numbers.get(nameOf(id))),
    ],
  );
}

/** The ids of these numbers with what they are linked to, held until the transaction ends; by their numbers, in their order. */
export async function holdVendorIds(
  connection: Queryable,
  migration: string,
  numbers: readonly string[],
): Promise<ReadonlyMap<string, KnownVendorId>> {
  if (numbers.length === 0) return new Map();
  await connection.query(
    `WITH held AS MATERIALIZED (
       SELECT v.number FROM vendor_id v WHERE v.migration = $1 AND v.number = ANY ($2::bigint[]) ORDER BY v.number FOR NO KEY UPDATE
     )
     UPDATE vendor_id v SET last_seen_at = clock_timestamp() FROM held h WHERE v.number = h.number`,
    [migration, [...new Set(numbers)]],
  );
  return readVendorIds(connection, migration, numbers);
}

/** The same as they are at this moment. */
export async function readVendorIds(
  connection: Queryable,
  migration: string,
  numbers: readonly string[],
): Promise<ReadonlyMap<string, KnownVendorId>> {
  const { rows } = await connection.query<Omit<KnownVendorId, 'links'> & { links: VendorLinks }>(
    `SELECT v.number, v.kind, v.names, coalesce(jsonb_object_agg(l.kind, coalesce(a.unit, l.unit)) FILTER (WHERE l.kind IS NOT NULL), '{}') AS links,
            array(SELECT coalesce(s.unit, c.subject) FROM crosswalk_change c LEFT JOIN unit_alias s ON s.migration = c.migration AND s.alias = c.subject
                   WHERE c.vendor_id = v.number AND c.state = 'approved') AS "apartFrom"
       FROM vendor_id v
       LEFT JOIN vendor_link l ON l.vendor_id = v.number
       LEFT JOIN unit_alias a ON a.migration = l.migration AND a.alias = l.unit
      WHERE v.migration = $1 AND v.number = ANY ($2::bigint[]) GROUP BY v.number`,
    [migration, [...new Set(numbers)]],
  );
  return new Map(rows.map((row) => [row.number, row]));
}
