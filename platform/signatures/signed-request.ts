/** A request as its sender signed it. */
export interface SignedRequest {
  method: string;
  /** The whole address as the sender called it, query included. */
  url: string;
  /** A header by its name in lower case; undefined where it is not there, or came more than once. */
  header: (name: string) => string | undefined;
  /** Exactly as it came. */
  body: Buffer;
}

/**
 * - `unsigned`: what the vendor signs with is not there, or is none.
 * - `wrong`: no secret of the hook made it.
 * - `expired`: it was made by one, at another time than about now: it may be played back.
 */
export type SignatureVerdict = 'valid' | 'unsigned' | 'wrong' | 'expired';

/**
 * Whether a request was signed with one of the secrets, of which several may hold at a time. Takes the same time whichever secret it is and whatever
 * part of a signature is wrong.
 *
 * @param now milliseconds since 1970
 */
export type VerifySignature = (request: SignedRequest, secrets: readonly string[], now: number) => SignatureVerdict;

/** How far a signed time may be from now, either way, in milliseconds. Source: Stripe's, HubSpot's and Zendesk's own libraries and documentation. */
export const TOLERANCE = 300_000;

export function isAboutNow(time: number, now: number): boolean {
  return Math.abs(now - time) <= TOLERANCE;
}
