import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json';
import { inOneOrder, namedPlace } from './list-order';
import type { Plan } from './plan-schema';

/**
 * sha256, in hex, over the canonical JSON of a plan after defaults, with lists whose order says nothing in one order: what people approve. Not
 * the text: layout, comments, and the order of names and of such entries may change.
 */
export function planHash(plan: Plan): string {
  const waivers = plan.waivers?.map((waiver) => ({ ...waiver, at: namedPlace(plan, waiver.at) }));
  return sha256(inOneOrder(waivers === undefined ? plan : { ...plan, waivers }));
}

/** Whether a stored plan is the one of this hash, which may be from before the order of lists was left out of it. */
export function isPlanOf(plan: Plan, hash: string): boolean {
  return planHash(plan) === hash || sha256(plan) === hash;
}

function sha256(plan: unknown): string {
  return createHash('sha256').update(canonicalJson(plan), 'utf8').digest('hex');
}
