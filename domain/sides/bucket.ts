import { hash } from 'node:crypto';
import { BUCKETS } from '../plan/plan-schema';

/** Version of the rule below; answers carry it. The rule never changes under a number: it decides who moves. */
export const BUCKET_ALGORITHM = 1;

/**
 * The bucket of a unit, from 0 to BUCKETS - 1: the first 48 bits of sha256 over `<salt>:<unit>`, as a big-endian number, modulo BUCKETS.
 * Target takes the buckets below the share, so a rising share moves nobody back, and phases that share a salt nest.
 *
 * No bucket is more likely than another by more than one part in 2.8 billion (2^48 is 2,814,749,767 times 100,000 and a rest).
 * A key holds no colon, so no two pairs of salt and unit are hashed as the same text.
 */
export function bucketOf(salt: string, unit: string): number {
  const digest = hash('sha256', `${salt}:${unit}`, 'hex');
  return Number.parseInt(digest.slice(0, 12), 16) % BUCKETS;
}
