import { createHash } from 'node:crypto';
import { bytesOf, hmac, isMadeByAny, isSame } from './same-bytes';
import type { SignedRequest, VerifySignature } from './signed-request';

/**
 * `X-Twilio-Signature`: HMAC-SHA1, base64, over the address and the form's fields in the order of their names, each name with its value; where the body
 * is no form, over the address alone, which then has the body's SHA-256. Twilio's own libraries take an address with and without its port for the same.
 * Source: Twilio's documentation, Webhooks security.
 */
export const twilioSignature: VerifySignature = (request, secrets) => {
  const written = request.header('x-twilio-signature');
  if (written === undefined) return 'unsigned';
  const received = bytesOf(written, 'base64', 20);
  if (received === undefined) return 'wrong';
  const fields = isForm(request) ? sortedFields(request.body) : '';
  if (fields === undefined) return 'wrong';
  if (!isForm(request) && !hasBodyDigest(request)) return 'wrong';
  let valid = false;
  for (const url of addresses(request.url)) {
    if (isMadeByAny(secrets, received, (secret) => hmac('sha1', secret, url, fields))) valid = true;
  }
  return valid ? 'valid' : 'wrong';
};

function isForm(request: SignedRequest): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(request.header('content-type') ?? '');
}

/** Twilio sends some dozens. Sorting what anybody may send is bounded, since it is done before a signature holds. */
const MOST_FIELDS = 1_000;

/** A value that comes several times under a name counts once. Undefined where there are more than Twilio sends. */
function sortedFields(body: Buffer): string | undefined {
  let separators = 0;
  for (let at = body.indexOf('&'); at !== -1; at = body.indexOf('&', at + 1)) {
    if ((separators += 1) >= MOST_FIELDS) return undefined;
  }
  const values = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    const known = values.get(name) ?? new Set<string>();
    known.add(value);
    values.set(name, known);
  }
  return [...values.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, of]) =>
      [...of]
        .sort()
        .map((value) => `${name}${value}`)
        .join(''),
    )
    .join('');
}

function hasBodyDigest(request: SignedRequest): boolean {
  if (!URL.canParse(request.url)) return false;
  const said = new URL(request.url).searchParams.get('bodySHA256');
  return said !== null && isSame(said.toLowerCase(), createHash('sha256').update(request.body).digest('hex'));
}

/** The address as it was called, and with its port added or left out. */
function addresses(url: string): string[] {
  const parts = /^(https?):\/\/([^/?#:]+)(:\d+)?([/?#].*)?$/i.exec(url);
  if (parts === null) return [url];
  const [, scheme = '', host = '', , rest = ''] = parts;
  const port = scheme.toLowerCase() === 'https' ? 443 : 80;
  return [...new Set([url, `${scheme}://${host}${rest}`, `${scheme}://${host}:${port}${rest}`])];
}
