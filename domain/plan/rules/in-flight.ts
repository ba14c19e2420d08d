import { SHORTEST_LEASE } from '../../sides/placing-limit';
import type { UnitKind } from '../../sides/units';
import { quoteName } from '../plan-problem';
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

/** I1: whoever is brought back, or waits for a person, leaves an exception, and that needs a queue. */
export const bringBackQueue: Rule = function* ({ phases }, names) {
  for (const [index, { inFlight }] of readable(phases)) {
    if (inFlight === undefined) continue;
    const path = ['phases', index, 'inFlight', 'queue'];
    yield* names.queues.check(inFlight.queue, path);
    const policies = [inFlight.otherwise, ...(inFlight.milestones ?? []).map((milestone) => milestone?.policy)];
    if (Object.hasOwn(inFlight, 'queue')) continue;
    if (policies.includes('bringBack')) {
      yield { code: 'WH540', path, message: "Add 'queue': who is brought back is worked on there." };
    } else if (policies.includes('pause')) {
      yield { code: 'WH540', path, message: "Add 'queue': who waits for a person is worked on there." };
    }
  }
};

/** Nobody comes back from past return: the money was taken, the prescription sent. Further on in the journey it stays so. */
export const pastReturnStays: Rule = function* ({ phases }) {
  for (const [index, { inFlight }] of readable(phases)) {
    let since: string | undefined;
    for (const [at, { id, policy, pastReturn }] of readable(inFlight?.milestones)) {
      const path = ['phases', index, 'inFlight', 'milestones', at];
      if (since !== undefined && pastReturn === false) {
        const message = `Whoever gets here has passed ${since}, which is past return, so this is too. Leave 'pastReturn' out, or move the milestone up.`;
        yield { code: 'WH541', path: [...path, 'pastReturn'], message };
      }
      if (pastReturn === true) since ??= id === undefined ? 'a milestone' : quoteName(id);
      if (since === undefined || policy !== 'bringBack') continue;
      const message = `From ${since} on nobody is brought back: it is past return. Write 'finish', or 'pause' where a person is to decide.`;
      yield { code: 'WH542', path: [...path, 'policy'], message };
    }
  }
};

/** What has a side for as long as somebody is a patient: time says nothing of whether it is over. */
const ONGOING: readonly UnitKind[] = ['patient', 'subscription', 'login'];

/** Closing by time is for what ends by itself, and not before a handoff of it can have ended. */
export const closingByTime: Rule = function* ({ phases, handoffs }) {
  for (const [index, phase] of readable(phases)) {
    const { closeAfter, unit, id } = phase;
    if (closeAfter === undefined) continue;
    const path = ['phases', index, 'closeAfter'];
    if (unit !== undefined && ONGOING.includes(unit)) {
      yield {
        code: 'WH530',
        path,
        message: `A ${unit} is ongoing care, and is never closed by time alone. Remove 'closeAfter', and say under 'closedBy' which events close it.`,
      };
      continue;
    }
    for (const [, handoff] of readable(handoffs)) {
      const { within, phase: of } = handoff;
      if (of !== id || within === undefined || handoff.id === undefined) continue;
      if (closeAfter > within) continue;
      yield {
        code: 'WH531',
        path,
        message: `A unit would be closed while its handoff ${quoteName(handoff.id)} may still be open. Write longer than its deadline.`,
      };
      break;
    }
  }
};

/** I4: the lease is how long arrivals go on without anyone in control. */
export const leaseBounds: Rule = function* ({ phases }) {
  for (const [index, { lease }] of readable(phases)) {
    if (lease === undefined || (lease >= SHORTEST_LEASE && lease <= 3_600_000)) continue;
    yield {
      code: 'WH532',
      path: ['phases', index, 'lease'],
      message: "Write a lease from '3s' to '1h': for that long arrivals go on without anyone in control.",
    };
  }
};
