import { PHASE_KINDS } from '../journey';
import { readable, type Rule } from './rule';

/** R8: phases follow the patient's journey, unless a reason for another order is on record. `custom` stands anywhere. */
export const phaseOrder: Rule = function* ({ phases, orderReason }) {
  if (orderReason !== undefined) return;
  let furthest: (typeof PHASE_KINDS)[number] | undefined;
  for (const [index, { kind }] of readable(phases)) {
    if (kind === undefined || kind === 'custom') continue;
    if (furthest !== undefined && PHASE_KINDS.indexOf(kind) < PHASE_KINDS.indexOf(furthest)) {
      yield {
        path: ['phases', index, 'kind'],
        message: `In the patient's journey ${kind} comes before ${furthest}. Move this phase up, or give the reason as 'orderReason'.`,
      };
    } else furthest = kind;
  }
};
