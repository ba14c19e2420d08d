import type { Actor } from './actor';
import type { Command } from './commands';
import type { RollbackScope } from '../plan/plan-schema';

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const SCOPES: readonly string[] = ['step', 'cohort', 'phase'] satisfies RollbackScope[];

/**
 * Reads what a signal carried. A signal from the API holds a whole command, its actor verified. One from the Temporal CLI holds
 * whatever somebody typed: what is usable is taken, nothing is trusted, and nothing fails, since a rollback must count.
 * @param payload the signal's argument; an object that came in plain was stamped `unverified` by the payload codec
 */
export function readSignal(payload: unknown): Command & { scope?: RollbackScope } {
  const given = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>;
  const scope = given['scope'];
  return {
    actor: readActor(given),
    ...(isName(given['cohort']) && { cohort: given['cohort'] }),
    ...(typeof scope === 'string' && SCOPES.includes(scope) && { scope: scope as RollbackScope }),
    ...(typeof given['reason'] === 'string' && { reason: given['reason'].slice(0, 500) }),
  };
}

function readActor(given: Record<string, unknown>): Actor {
  const actor = given['actor'];
  if (given['unverified'] === true || typeof actor !== 'object' || actor === null) {
    const name = typeof actor === 'object' && actor !== null ? (actor as Partial<Actor>).id : actor;
    return { id: `signal:${isName(name) ? name : 'unnamed'}`, roles: [], verified: false };
  }
  return actor as Actor;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}
