import { createHash } from 'node:crypto';
import { DomainError } from '../domain/domain-error';
import type { OverrideRefused } from '../domain/gates/gate-override-failures';
import type { Actor } from '../domain/phase/actor';
import type { GateOverride } from '../domain/status/gate-override';
import type { Database, Queryable } from './database';
import { IdempotencyKeyReused } from './exception-act';

/** Who wants something done with an override, once a key. */
export interface OverrideAct {
  migration: string;
  actor: Actor;
  /** The same request of the same actor with the same key is carried out once, and answered alike each time. */
  idempotencyKey?: string | undefined;
}

/**
 * Does it in one transaction, and once a key. A refusal comes out as a value, so that its audit row is kept.
 * @throws OverrideRefused, IdempotencyKeyReused where the key stood for something else
 */
export async function answerOnce(
  db: Database,
  { migration, actor, idempotencyKey }: OverrideAct,
  request: unknown,
  work: (connection: Queryable) => Promise<GateOverride | OverrideRefused>,
): Promise<GateOverride> {
  const key = idempotencyKey === undefined ? null : hash(idempotencyKey);
  const asked = hash(JSON.stringify(request));
  const outcome = await db.transaction(async (connection) => {
    if (key === null) return work(connection);
    // Two requests with one key at once: the second waits, and finds the first one's answer.
    await connection.query(
      `SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'gate-override', $1::text, $2::text, $3::text), 0))`,
      [migration, actor.id, key],
    );
    const { rows } = await connection.query<{ answer: GateOverride; request: string }>(
      'SELECT answer, request FROM gate_override_request WHERE migration = $1 AND actor = $2 AND key = $3',
      [migration, actor.id, key],
    );
    const [before] = rows;
    if (before !== undefined) return before.request === asked ? before.answer : new IdempotencyKeyReused();
    const answer = await work(connection);
    if (answer instanceof DomainError) return answer;
    await connection.query(
      'INSERT INTO gate_override_request (migration, actor, key, request, answer) VALUES ($1, $2, $3, $4, $5)',
      [migration, actor.id, key, asked, JSON.stringify(answer)],
    );
    return answer;
  });
  if (outcome instanceof DomainError) throw outcome;
  return outcome;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
