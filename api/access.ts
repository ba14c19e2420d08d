import type { RequestHandler, Response } from 'express';
import { DomainError } from '../domain/domain-error';
import type { Actor } from '../domain/phase/actor';
import type { Role } from '../domain/plan/journey';
import type { Actors } from './actors';

/** Roles of people of the company. */
export const PEOPLE = [
  'release-manager',
  'engineer',
  'clinical-lead',
  'support-lead',
] as const satisfies readonly Role[];

/** Who may look at a migration. */
export const READERS = [...PEOPLE, 'automation'] as const satisfies readonly Role[];

/** Who may send events and ask for sides: stacks, and what checks them. */
export const STACKS = ['stack', 'automation'] as const satisfies readonly Role[];

export class NoToken extends DomainError {
  readonly code = 'no-token';
  readonly status = 401;
  constructor() {
    super("Send the header 'Authorization: Bearer <token>' with a token of an actor in the actors file.");
  }
}

export class UnknownToken extends DomainError {
  readonly code = 'unknown-token';
  readonly status = 401;
  constructor() {
    super('No actor has this token. Use one whose sha256 is in the actors file.');
  }
}

export class RoleMissing extends DomainError {
  readonly code = 'role-missing';
  readonly status = 403;
  constructor(roles: readonly Role[]) {
    super(
      `This takes ${roles.length === 1 ? 'the role' : 'one of the roles'} ${roles.join(', ')}. Ask somebody who holds it.`,
    );
  }
}

const ACTOR = Symbol('actor');
type WithActor = Response & { [ACTOR]?: Actor };

/**
 * Who sends this `Authorization` header, where one of the roles is theirs.
 * @throws NoToken, UnknownToken, RoleMissing
 */
export async function admit(actors: Actors, roles: readonly Role[], authorization: string | undefined): Promise<Actor> {
  const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new NoToken();
  const actor = await actors.byToken(token);
  if (actor === undefined) throw new UnknownToken();
  if (!actor.roles.some((role) => roles.includes(role))) throw new RoleMissing(roles);
  return actor;
}

/** Lets in whoever has a token and one of the roles. Comes before the body is read, so that a stranger's body never is. */
export function allow(actors: Actors, roles: readonly Role[]): RequestHandler {
  return async (request, response, next) => {
    (response as WithActor)[ACTOR] = await admit(actors, roles, request.headers.authorization);
    next();
  };
}

/** Who sent the request that this answers. Only behind `allow`. */
export function actorOf(response: Response): Actor {
  const actor = (response as WithActor)[ACTOR];
  if (actor === undefined) throw new Error('A route that asks for its actor is not behind allow().');
  return actor;
}
