import { createHash } from 'node:crypto';
import type { HubspotVersion } from '../../domain/hooks/vendors/hubspot';
import { bytesOf, hmac, isMadeByAny } from './same-bytes';
import { isAboutNow, type SignedRequest, type VerifySignature } from './signed-request';

/** Source: HubSpot's documentation, Validating requests. */
export function hubspotSignature(version: HubspotVersion): VerifySignature {
  return version === 'v3' ? third : plain(version);
}

/** SHA-256, in hexadecimal, over the secret and the body; from v2 on with method and address between them. */
function plain(version: 'v1' | 'v2'): VerifySignature {
  return (request, secrets) => {
    const written = request.header('x-hubspot-signature');
    if (written === undefined) return 'unsigned';
    const said = request.header('x-hubspot-signature-version');
    if (said !== undefined && said !== version) return 'wrong';
    const received = bytesOf(written, 'hex', 32);
    if (received === undefined) return 'wrong';
    const before = version === 'v1' ? '' : `${request.method}${request.url}`;
    const make = (secret: string): Buffer =>
      createHash('sha256').update(secret).update(before).update(request.body).digest();
    return isMadeByAny(secrets, received, make) ? 'valid' : 'wrong';
  };
}

/** HMAC-SHA256, in base64, over method, address, body and the time in milliseconds. */
function third(request: SignedRequest, secrets: readonly string[], now: number): ReturnType<VerifySignature> {
  const [written, time] = [request.header('x-hubspot-signature-v3'), request.header('x-hubspot-request-timestamp')];
  if (written === undefined || time === undefined) return 'unsigned';
  const received = bytesOf(written, 'base64', 32);
  if (received === undefined) return 'wrong';
  const before = `${request.method}${decoded(request.url)}`;
  if (!isMadeByAny(secrets, received, (secret) => hmac('sha256', secret, before, request.body, time))) return 'wrong';
  return /^\d{1,15}$/.test(time) && isAboutNow(Number(time), now) ? 'valid' : 'expired';
}

const DECODED: Readonly<Record<string, string>> = {
  ...{ '%3A': ':', '%2F': '/', '%3F': '?', '%40': '@', '%21': '!', '%24': '$', '%27': "'", '%28': '(', '%29': ')' },
  ...{ '%2A': '*', '%2C': ',', '%3B': ';' },
};

/** HubSpot signs the address with these decoded. */
function decoded(url: string): string {
  return url.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (code) => DECODED[code.toUpperCase()] ?? code);
}
