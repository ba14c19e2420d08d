import type { Actor } from './actor';
import type { Command, Seal } from './commands';
import type { RollbackScope } from '../plan/plan-schema';
import { keepReason } from './reason';

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const SCOPES: readonly string[] = ['step', 'cohort', 'phase', 'migration'] satisfies RollbackScope[];

/**
 * Reads what a signal carried. A signal from the API holds a whole command, its actor verified. One from the Temporal CLI holds
 * whatever somebody typed: what is usable is taken, nothing is trusted, and nothing fails, since a rollback must count.
 * @param payload the signal's argument; whatever came in plain was stamped `unverified` by the payload codec
 */
export function readSignal(payload: unknown): Command & { scope?: RollbackScope; bringBack?: boolean } {
  const given = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>;
  const { scope, epoch } = given;
  const actor = readActor(given);
  const reason = typeof given['reason'] === 'string' ? keepReason(given['reason']) : undefined;
  return {
    actor,
    ...(isName(given['cohort']) && { cohort: given['cohort'] }),
    ...(typeof scope === 'string' && SCOPES.includes(scope) && { scope: scope as RollbackScope }),
    // Left by the API while workers were away, it names the split its sender saw; by hand, a rollback counts whatever stands there.
    ...(actor.verified && isEpoch(epoch) && { epoch }),
    ...(actor.verified && given['bringBack'] === true && { bringBack: true }),
    ...(actor.verified && isEpoch(given['hold']) && { hold: given['hold'] }),
    ...(actor.verified && isSealed(given) && { seal: given.seal }),
    ...(given['unverified'] !== true && typeof given['answerTo'] === 'string' && { answerTo: given['answerTo'] }),
    ...(reason !== undefined && { reason }),
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

function isSealed(given: Record<string, unknown>): given is { seal: Seal } {
  return typeof given['seal'] === 'object' && given['seal'] !== null;
}

function isEpoch(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}
