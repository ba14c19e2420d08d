import { DomainError } from '../domain/domain-error';
import type { CrosswalkSecrets, HashKey } from '../platform/crosswalk-secrets';
import { appendAudit } from './audit';
import type { Database, Queryable } from './database';
import { liveMigrations } from './migration-records';

/** This process lacks the secret of a key that ids are hashed under, or has another one. */
export class CrosswalkKeyMissing extends DomainError {
  readonly code = 'crosswalk-key-missing';
  readonly status = 503;
  override readonly retryable = true;
  constructor() {
    super(
      'This process does not have the secret of a key that vendor ids are hashed under. Give every API the same HANDOFF_PAYLOAD_KEY and HANDOFF_CROSSWALK_KEYS, with every key that is in use.',
    );
  }
}

/** Keys that are in use. Every id is looked up under all of them, and written down under one. */
export interface KeysInUse {
  all: readonly HashKey[];
  writing: HashKey;
}

const LOCK = `hashtextextended('crosswalk keys', 0)`;

/**
 * The keys, as they stay until the transaction ends. The first is made where there is none yet.
 * @throws CrosswalkKeyMissing
 */
export async function holdKeys(connection: Queryable, secrets: CrosswalkSecrets): Promise<KeysInUse> {
  await connection.query(`SELECT pg_advisory_xact_lock_shared(${LOCK})`);
  const found = keysInUse(await readKeys(connection), secrets);
  if (found !== undefined) return found;
  const first = secrets.newKey('1', 'payload');
  if (first === undefined) throw new CrosswalkKeyMissing();
  // Whoever makes it at the same time is waited for.
  await insertKey(connection, first, 'system:crosswalk');
  const made = keysInUse(await readKeys(connection), secrets);
  if (made === undefined) throw new CrosswalkKeyMissing();
  return made;
}

function keysInUse(rows: readonly KeyRow[], secrets: CrosswalkSecrets): KeysInUse | undefined {
  const writing = rows.find((row) => row.writing);
  if (writing === undefined) return undefined;
  if (!rows.every((row) => secrets.holds(row))) throw new CrosswalkKeyMissing();
  return { all: rows, writing };
}

export interface KeyRow extends HashKey {
  writing: boolean;
  createdAt: Date;
  createdBy: string;
}

/** Every key in use, the oldest first. */
export async function readKeys(connection: Queryable): Promise<KeyRow[]> {
  const { rows } = await connection.query<KeyRow & Record<string, unknown>>(
    `SELECT id, origin, salt, verifier, writing, created_at AS "createdAt", created_by AS "createdBy" FROM crosswalk_key ORDER BY created_at, id`,
  );
  return rows;
}

async function insertKey(connection: Queryable, { id, origin, salt, verifier }: HashKey, by: string): Promise<boolean> {
  const { rowCount } = await connection.query(
    `INSERT INTO crosswalk_key (id, origin, salt, verifier, created_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [id, origin, salt, verifier, by],
  );
  return rowCount === 1;
}

/** No secret is given under this id. */
export class CrosswalkSecretNotGiven extends DomainError {
  readonly code = 'crosswalk-secret-not-given';
  readonly status = 409;
  constructor() {
    super(
      'No secret is given under this id. Add it to HANDOFF_CROSSWALK_KEYS of every API, start them anew, then rotate again.',
    );
  }
}

/** A key is made once. */
export class CrosswalkKeyExists extends DomainError {
  readonly code = 'crosswalk-key-exists';
  readonly status = 409;
  constructor() {
    super('There is a key of this id already. Give the new one another id.');
  }
}

/** The key is in use. */
export class CrosswalkKeyInUse extends DomainError {
  readonly code = 'crosswalk-key-in-use';
  readonly status = 409;
  constructor() {
    super(
      "New ids are hashed under this key, or some are known under it alone. Rotate first, and let 'handoff crosswalk rotate' hash every id under the new key.",
    );
  }
}

/** No key has this id. */
export class UnknownCrosswalkKey extends DomainError {
  readonly code = 'unknown-crosswalk-key';
  readonly status = 404;
  constructor() {
    super("There is no key of this id. 'handoff crosswalk status' lists those there are.");
  }
}

/** Who changes keys. */
export interface KeyChange {
  actor: string;
  verified: boolean;
}

/**
 * Makes another key the one that ids are hashed under. Nobody's side, link or history changes by it: ids are found under every key, and each is
 * hashed under the new one when it is seen next, or by `rehashVendorIds`.
 * @param given the id of a secret in the environment; a secret derived from the payload key unless given
 * @throws CrosswalkSecretNotGiven, CrosswalkKeyExists, CrosswalkKeyMissing
 */
export async function rotateKeys(
  db: Database,
  secrets: CrosswalkSecrets,
  { actor, verified }: KeyChange,
  given?: string,
): Promise<KeyRow[]> {
  return db.transaction(async (connection) => {
    await connection.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
    const before = await readKeys(connection);
    if (!before.every((row) => secrets.holds(row))) throw new CrosswalkKeyMissing();
    const id = given ?? nextId(before);
    if (before.some((row) => row.id === id)) throw new CrosswalkKeyExists();
    const key = secrets.newKey(id, given === undefined ? 'payload' : 'environment');
    if (key === undefined) throw new CrosswalkSecretNotGiven();
    await connection.query('UPDATE crosswalk_key SET writing = false WHERE writing');
    await insertKey(connection, key, actor);
    await auditKeys(connection, { actor, verified, action: 'crosswalk.rotated', key: id });
    return readKeys(connection);
  });
}

/** Those that were derived are numbered. */
function nextId(keys: readonly KeyRow[]): string {
  const numbers = keys.map(({ id }) => (/^\d{1,9}$/.test(id) ? Number(id) : 0));
  return String(Math.max(0, ...numbers) + 1);
}

/** Takes a key away that nothing needs any more. @throws UnknownCrosswalkKey, CrosswalkKeyInUse */
export async function retireKey(db: Database, { actor, verified }: KeyChange, id: string): Promise<void> {
  await db.transaction(async (connection) => {
    await connection.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
    if (!(await readKeys(connection)).some((row) => row.id === id)) throw new UnknownCrosswalkKey();
    if (!(await removeKey(connection, id))) throw new CrosswalkKeyInUse();
    await auditKeys(connection, { actor, verified, action: 'crosswalk.keyRetired', key: id });
  });
}

/**
 * Removes a key with its hashes, unless ids are hashed under it or some id is not known under the writing one; gives whether it did. One statement: what it
 * looks at is what it removes, whoever else writes.
 */
async function removeKey(connection: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await connection.query(
    `WITH needless AS MATERIALIZED (
       SELECT k.id FROM crosswalk_key k WHERE k.id = $1 AND NOT k.writing
          AND NOT EXISTS (
            SELECT FROM vendor_id_hash h WHERE h.key_id = k.id
               AND NOT EXISTS (SELECT FROM vendor_id_hash o JOIN crosswalk_key w ON w.id = o.key_id AND w.writing WHERE o.vendor_id = h.vendor_id))
     ), hashes AS (
       DELETE FROM vendor_id_hash h USING needless n WHERE h.key_id = n.id
     )
     DELETE FROM crosswalk_key k USING needless n WHERE k.id = n.id`,
    [id],
  );
  return rowCount === 1;
}

/** Keys are the deployment's: every migration under way has it in its log (I13). */
async function auditKeys(
  connection: Queryable,
  { actor, verified, action, key }: KeyChange & { action: string; key: string },
): Promise<void> {
  for (const { id: migration, planHash } of await liveMigrations(connection)) {
    await appendAudit(connection, { migration, planHash, actor, verified, action, evidence: { key } });
  }
}
