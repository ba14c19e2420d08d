import type { Request, RequestHandler, Response } from 'express';
import { DomainError } from '../../domain/domain-error';
import { timedSignature } from '../../platform/signatures/stripe-signature';
import type { Clock } from '../../domain/time/clock';
import { admit, RoleMissing, STACKS } from '../access';
import type { Actors, Sender } from '../actors';

/** A signed request names an actor that does not sign, or its signature was made with none of its secrets. */
export class BadSignature extends DomainError {
  readonly code = 'bad-signature';
  readonly status = 401;
  constructor() {
    super(
      "No signing secret of the actor in 'Handoff-Actor' made this signature. Send 'Handoff-Signature: t=<seconds>,v1=<hex>', the HMAC-SHA256 over '<t>.<body>', the body byte by byte.",
    );
  }
}

/** A signature was made at another time than about now. */
export class SignatureExpired extends DomainError {
  readonly code = 'signature-expired';
  readonly status = 401;
  constructor() {
    super(
      'The signature was made more than five minutes from now. Set the clock of the sender, sign again, then send it again.',
    );
  }
}

const verify = timedSignature('handoff-signature');
const SENDER = Symbol('sender');
type WithSender = Response & { [SENDER]?: Sender };

/**
 * Lets in who may send events, before the body is read: by a token, or by an actor that signs. `readBody` puts the body on the request; a signature is
 * verified after it.
 * @throws NoToken, UnknownToken, RoleMissing, BadSignature, SignatureExpired
 */
export function admitSenders(actors: Actors, clock: Clock): { first: RequestHandler; afterBody: RequestHandler } {
  return {
    first: async (request, response, next) => {
      (response as WithSender)[SENDER] = isSigned(request)
        ? await signer(actors, request)
        : await holder(actors, request);
      next();
    },
    afterBody: (request, response, next) => {
      const sender = senderOf(response);
      if (isSigned(request) && sender !== undefined) verifySignature(request, sender, clock.now().getTime());
      next();
    },
  };
}

/** Who sent the request that this answers; undefined where nobody asked. */
export function senderOf(response: Response): Sender | undefined {
  return (response as WithSender)[SENDER];
}

function isSigned(request: Request): boolean {
  return request.headers.authorization === undefined && request.headers['handoff-signature'] !== undefined;
}

async function holder(actors: Actors, request: Request): Promise<Sender> {
  const actor = await admit(actors, STACKS, request.headers.authorization);
  return (await actors.senderById(actor.id)) ?? { actor, signingSecrets: [], sources: undefined };
}

async function signer(actors: Actors, request: Request): Promise<Sender> {
  const sender = await actors.senderById(request.get('handoff-actor') ?? '');
  if (sender === undefined || sender.signingSecrets.length === 0) throw new BadSignature();
  const roles: readonly string[] = STACKS;
  if (!sender.actor.roles.some((role) => roles.includes(role))) throw new RoleMissing(STACKS);
  return sender;
}

function verifySignature(request: Request, { signingSecrets }: Sender, now: number): void {
  const body: unknown = request.body;
  const verdict = verify(
    {
      ...{ method: request.method, url: request.originalUrl, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) },
      header: (name) => {
        const values = request.headersDistinct[name];
        return values?.length === 1 ? values[0] : undefined;
      },
    },
    signingSecrets,
    now,
  );
  if (verdict === 'expired') throw new SignatureExpired();
  if (verdict !== 'valid') throw new BadSignature();
}
