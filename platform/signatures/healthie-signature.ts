import { createHash } from 'node:crypto';
import { bytesOf, hmac, isMadeByAny, isSame } from './same-bytes';
import type { VerifySignature } from './signed-request';

/**
 * `Signature: sig1=<hex>`: HMAC-SHA256 over method, path, query, the body's digest as `Content-Digest` has it, media type and length, parted by blanks.
 * The digest is compared with the body's own; no time is signed. Source: Healthie's documentation, Webhooks, Signed payloads.
 */
export const healthieSignature: VerifySignature = (request, secrets) => {
  const written = /^sig1=(.+)$/.exec(request.header('signature') ?? '')?.[1];
  const digest = /^sha-256=(.+)$/i.exec(request.header('content-digest') ?? '')?.[1];
  if (written === undefined || digest === undefined) return 'unsigned';
  const received = bytesOf(written.replace(/^:|:$/g, ''), /^:/.test(written) ? 'base64' : 'hex', 32);
  if (received === undefined) return 'wrong';
  const own = createHash('sha256').update(request.body).digest();
  const isOwn = [own.toString('hex'), own.toString('base64'), `:${own.toString('base64')}:`].filter((one) =>
    isSame(one, digest),
  );
  if (isOwn.length === 0 || !URL.canParse(request.url)) return 'wrong';
  const { pathname, search } = new URL(request.url);
  const signed = [
    request.method.toLowerCase(),
    pathname,
    search.slice(1),
    digest,
    'application/json',
    request.body.length,
  ].join(' ');
  return isMadeByAny(secrets, received, (secret) => hmac('sha256', secret, signed)) ? 'valid' : 'wrong';
};
