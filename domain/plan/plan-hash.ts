import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json';
import type { Plan } from './plan-schema';

/** sha256, in hex, over the canonical JSON of a plan after defaults: what people approve. Not the text: layout and comments may change. */
export function planHash(plan: Plan): string {
  return createHash('sha256').update(canonicalJson(plan), 'utf8').digest('hex');
}
