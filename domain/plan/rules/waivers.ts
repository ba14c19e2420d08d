import { readable, type Rule } from './rule';

/** R2: a waiver is approved by a team that the plan declares. */
export const waiversApproved: Rule = function* ({ waivers }, names) {
  for (const [index, { approvedBy }] of readable(waivers)) {
    yield* names.owners.check(approvedBy, ['waivers', index, 'approvedBy']);
  }
};
