import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { readSeconds } from './body-hmac';
import { isAboutNow, type VerifySignature } from './signed-request';

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';

/**
 * ECDSA with SHA-256 over the timestamp and the body; the hook's secrets are the public keys that SendGrid shows, in base64. The body is verified as it
 * came: with its last line break. Source: SendGrid's documentation, Event Webhook Security Features.
 */
export const sendgridSignature: VerifySignature = (request, secrets, now) => {
  const [written, time] = [request.header(SIGNATURE), request.header(TIMESTAMP)];
  if (written === undefined || time === undefined) return 'unsigned';
  const signed = Buffer.concat([Buffer.from(time, 'utf8'), request.body]);
  const signature = Buffer.from(written, 'base64');
  let valid = false;
  for (const secret of secrets) {
    const key = publicKey(secret);
    if (key !== undefined && verify('sha256', signed, key, signature)) valid = true;
  }
  if (!valid) return 'wrong';
  const at = readSeconds(time);
  return at !== undefined && isAboutNow(at, now) ? 'valid' : 'expired';
};

function publicKey(secret: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(secret, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ec' ? key : undefined;
  } catch {
    return undefined;
  }
}
