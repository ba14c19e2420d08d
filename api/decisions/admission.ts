import type { Socket } from 'node:net';
import type { Actor } from '../../domain/phase/actor';
import type { Role } from '../../domain/plan/journey';
import { admit } from '../access';
import type { Actors } from '../actors';

/** The last header that a connection was let in with. */
interface Admitted {
  authorization: string;
  actor: Actor;
  /** Of the actors' list that it was checked against. */
  generation: number;
}

const ADMITTED = Symbol('admitted');
type Known = Socket & { [ADMITTED]?: Admitted };

/**
 * Lets in who may ask for sides. A connection that sends the very header it was let in with is not asked for its hash again while
 * the actors' list is the same one, and was compared with its file within the last second.
 */
export class Admission {
  constructor(
    private readonly actors: Actors,
    private readonly roles: readonly Role[],
  ) {}

  /** Who this is, where the connection was let in with the same header; undefined where it must be checked. Never waits. */
  again(socket: Socket, authorization: string | undefined): Actor | undefined {
    const admitted = (socket as Known)[ADMITTED];
    if (admitted === undefined || authorization === undefined) return undefined;
    if (admitted.generation !== this.actors.generation || !this.actors.isFresh()) return undefined;
    return sameText(admitted.authorization, authorization) ? admitted.actor : undefined;
  }

  /** @throws NoToken, UnknownToken, RoleMissing */
  async check(socket: Socket, authorization: string | undefined): Promise<Actor> {
    // Before the check: a list that changes during it must not keep what the old one said.
    const { generation } = this.actors;
    const actor = await admit(this.actors, this.roles, authorization);
    if (authorization !== undefined) (socket as Known)[ADMITTED] = { authorization, actor, generation };
    return actor;
  }
}

/** Takes as long whatever the two have in common: clients behind one proxy share its connections. */
function sameText(one: string, other: string): boolean {
  let different = one.length ^ other.length;
  for (let at = 0; at < one.length; at += 1) different |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return different === 0;
}
