import { createHash } from 'node:crypto';

/** A strong tag of an answer's whole body: it changes with any side, reason or epoch in it. */
export function entityTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url')}"`;
}

/**
 * Whether `If-None-Match` names the tag: one of a list, `*`, or marked weak, as a proxy may do that packs what it passes on. Compared weakly,
 * as RFC 9110 says of this header.
 */
export function namesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return [...ifNoneMatch.matchAll(/(?:W\/)?("[^"]*")/g)].some(([, named]) => named === tag);
}
