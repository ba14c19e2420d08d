import { createHash } from 'node:crypto';
import { canonicalJson } from '../plan/canonical-json';

/**
 * sha256, in hexadecimal, of what an event says. Only what was read counts, after reading: the same moment in another offset, or
 * another order of fields, is the same content.
 */
export function contentHash(content: object): string {
  return createHash('sha256').update(canonicalJson(content), 'utf8').digest('hex');
}
