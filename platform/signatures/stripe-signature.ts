import { readSeconds } from './body-hmac';
import { bytesOf, hmac, isMadeByAny } from './same-bytes';
import { isAboutNow, type VerifySignature } from './signed-request';

/** `Stripe-Signature: t=<seconds>,v1=<hex>,v1=…`: HMAC-SHA256 over `<t>.<body>`; any of the v1. Source: Stripe's documentation, Verify webhook signatures manually. */
export const stripeSignature = timedSignature('stripe-signature');

/** The same under another header's name, in lower case: also how this product signs what it sends, and takes what is signed for it. */
export function timedSignature(header: string): VerifySignature {
  return (request, secrets, now) => {
    const parts = (request.header(header) ?? '').split(',').map((part) => part.trim().split('='));
    const time = parts.find(([name]) => name === 't')?.[1];
    const written = parts.filter(([name]) => name === 'v1').map(([, value]) => value ?? '');
    if (time === undefined || written.length === 0) return 'unsigned';
    // While a secret is rolled there are two; nobody needs more.
    const received = written.slice(0, 8).map((one) => bytesOf(one, 'hex', 32));
    let valid = false;
    for (const one of received) {
      if (one !== undefined && isMadeByAny(secrets, one, (secret) => hmac('sha256', secret, `${time}.`, request.body)))
        valid = true;
    }
    if (!valid) return 'wrong';
    const at = readSeconds(time);
    return at !== undefined && isAboutNow(at, now) ? 'valid' : 'expired';
  };
}
