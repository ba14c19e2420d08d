import { DomainError } from '../domain/domain-error';
import type { CrosswalkSecrets, HashKey } from '../platform/crosswalk-secrets';
import type { Queryable } from './database';

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
