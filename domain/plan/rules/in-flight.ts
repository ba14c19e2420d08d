import { SHORTEST_LEASE } from '../../sides/placing-limit';
import { readable, type Rule } from './rule';

/** Milestones, irreversible effects and the end of a unit show by events of the plan. */
export const phaseEvents: Rule = function* ({ phases }, names) {
  for (const [index, phase] of readable(phases)) {
    const path = ['phases', index];
    for (const [at, milestone] of readable(phase.inFlight?.milestones)) {
      yield* names.events.check(milestone.reachedBy, [...path, 'inFlight', 'milestones', at, 'reachedBy']);
    }
    for (const [at, type] of readable(phase.closedBy)) yield* names.events.check(type, [...path, 'closedBy', at]);
    for (const [at, effect] of readable(phase.irreversible)) {
      yield* names.events.check(effect.event, [...path, 'irreversible', at, 'event']);
    }
  }
};

/** I1: whoever is brought back leaves an exception, and that needs a queue. */
export const bringBackQueue: Rule = function* ({ phases }, names) {
  for (const [index, { inFlight }] of readable(phases)) {
    if (inFlight === undefined) continue;
    const path = ['phases', index, 'inFlight', 'queue'];
    yield* names.queues.check(inFlight.queue, path);
    const bringsBack =
      inFlight.otherwise === 'bringBack' ||
      inFlight.milestones?.some((milestone) => milestone?.policy === 'bringBack') === true;
    if (bringsBack && !Object.hasOwn(inFlight, 'queue')) {
      yield { path, message: "Add 'queue': who is brought back is worked on there." };
    }
  }
};

/** I4: the lease is how long arrivals go on without anyone in control. */
export const leaseBounds: Rule = function* ({ phases }) {
  for (const [index, { lease }] of readable(phases)) {
    if (lease === undefined || (lease >= SHORTEST_LEASE && lease <= 3_600_000)) continue;
    yield {
      path: ['phases', index, 'lease'],
      message: "Write a lease from '3s' to '1h': for that long arrivals go on without anyone in control.",
    };
  }
};
