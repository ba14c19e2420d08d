import type { Draft } from '../draft';
import { JOURNEY_KINDS, type JourneyKind } from '../journey';
import type { Plan } from '../plan-schema';
import { readable, type Rule } from './rule';

/** R8: phases follow the patient's journey, unless a reason for another order is on record. `custom` stands anywhere. */
export const phaseOrder: Rule = function* ({ phases, orderReason }) {
  if (orderReason !== undefined) return;
  for (const { index, kind, furthest } of tooLate(phases)) {
    yield {
      code: 'WH501',
      path: ['phases', index, 'kind'],
      message: `In the patient's journey ${kind} comes before ${furthest}. Move this phase up, or give the reason as 'orderReason'.`,
    };
  }
};

/** R8: a reason for what is not so misleads whoever reads the plan. */
export const needlessOrderReason: Rule = function* ({ phases, orderReason }) {
  if (orderReason === undefined || phases === undefined || phases.length === 0) return;
  if (phases.some((phase) => phase?.kind === undefined) || !tooLate(phases).next().done) return;
  yield {
    code: 'WH502',
    path: ['orderReason'],
    atName: true,
    message:
      "The phases are in the order of the patient's journey. Remove it: there is no other order to give a reason for.",
  };
};

/** Phases that stand after one that the journey comes to later. */
function* tooLate(
  phases: Draft<Plan>['phases'],
): Generator<{ index: number; kind: JourneyKind; furthest: JourneyKind }, undefined> {
  let furthest: JourneyKind | undefined;
  for (const [index, { kind }] of readable(phases)) {
    if (kind === undefined || kind === 'custom') continue;
    if (furthest !== undefined && JOURNEY_KINDS.indexOf(kind) < JOURNEY_KINDS.indexOf(furthest)) {
      yield { index, kind, furthest };
    } else furthest = kind;
  }
}

/** R8, R16: each part of the patient's journey moves in a phase, or a reason why not is on record. Never both. */
export const everyKind: Rule = function* ({ phases, phasesLeftOut }) {
  if (phases === undefined || phases.length === 0 || phases.some((phase) => phase?.kind === undefined)) return;
  const moved = new Set(phases.map((phase) => phase?.kind));
  for (const kind of JOURNEY_KINDS) {
    // A reason that could not be read is one that is there.
    const leftOut = phasesLeftOut === undefined || Object.hasOwn(phasesLeftOut, kind);
    if (!moved.has(kind) && !leftOut) {
      yield {
        code: 'WH503',
        path: ['phases'],
        message: `No phase moves ${kind}. Add one of that kind, or give the reason as '${kind}' under 'phasesLeftOut'.`,
      };
    } else if (moved.has(kind) && phasesLeftOut !== undefined && leftOut) {
      yield {
        code: 'WH504',
        path: ['phasesLeftOut', kind],
        atName: true,
        message: `A phase of this plan moves ${kind}. Remove it here, or remove the phase.`,
      };
    }
  }
};
