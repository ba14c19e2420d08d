import { formatDuration } from '../../time/duration';
import type { Draft } from '../draft';
import type { PhaseKind } from '../journey';
import { quoteName } from '../plan-problem';
import type { PlanCohort, PlanPhase, RampStep } from '../plan-schema';
import { BUCKETS } from '../schema/values';
import { arrivalsOf, cohortVolumes } from '../volume/cohort-volumes';
import { rampsOf } from './ramps-of';
import { readable, type Rule } from './rule';

const DAY = 86_400_000;
const HALF = BUCKETS / 2;

/** A cycle of renewals or refills: what comes round once a month. */
export const CYCLE = 28 * DAY;

/** Longer than a shift: nobody is left who saw what happened before. */
const SHIFT = 12 * 3_600_000;

const KNOWN_PEOPLE: readonly PhaseKind[] = ['intake', 'payment', 'providerRouting', 'portalRefills'];

/** From intake on somebody is known, and has another key than a visitor's. */
export const unitsKnown: Rule = function* ({ phases }) {
  for (const [index, { unit, kind }] of readable(phases)) {
    if (unit !== 'visitor' || kind === undefined || !KNOWN_PEOPLE.includes(kind)) continue;
    yield {
      code: 'WH553',
      path: ['phases', index, 'unit'],
      message:
        "Nobody is a visitor any more in this part of the journey, so no side would ever be asked for. Name the unit that has one here; 'anonymousUnit' is for those before login.",
    };
  }
};

/** R9: no step moves more than half of those who arrive at once. */
export const noGiantStep: Rule = function* ({ phases }) {
  for (const [phaseIndex, phase] of readable(phases)) {
    for (const { ramp, path } of rampsOf(phase, ['phases', phaseIndex])) {
      // The more arrive, the less a number a day is of them.
      const most = isSaidOfAll(phase, ramp) ? Math.max(0, ...volumesOf(phase, ramp)) : 0;
      for (const [index, { share }] of readable(ramp)) {
        const before = ramp[index - 1];
        if (share === undefined || before === undefined || share - shareOf(before, most) <= HALF) continue;
        if (before.share === undefined && before.perDay === undefined) continue;
        yield {
          code: 'WH554',
          path: [...path, index, 'share'],
          message:
            'This step moves more than half of those who arrive at once. Add one in between, such as 50%, so that fewer find its faults (R9).',
        };
      }
    }
  }
};

/** The share of so many a day that a step moves; of a number a day, none where nobody says how many arrive. */
function shareOf(step: Draft<RampStep>, volume: number): number {
  if (step.share !== undefined || volume === 0) return step.share ?? 0;
  return (BUCKETS * (arrivalsOf(step, volume) ?? 0)) / volume;
}

type Ramp = readonly (Draft<RampStep> | undefined)[] | undefined;

/** How many arrive a day of each cohort that is moved by a ramp. */
function volumesOf(phase: Draft<PlanPhase>, ramp: Ramp): number[] {
  return [...cohortVolumes(phase)].flatMap(([cohort, volume]) => (rampOf(phase, cohort) === ramp ? [volume] : []));
}

/** Whether the plan says how many arrive of every cohort that is moved by a ramp. */
function isSaidOfAll(phase: Draft<PlanPhase>, ramp: Ramp): boolean {
  return (
    Object.hasOwn(phase, 'volume') ||
    [...readable(phase.cohorts)].every(
      ([, cohort]) =>
        Object.hasOwn(cohort, 'volume') || Object.hasOwn(cohort, 'staysOnLegacy') || rampOf(phase, cohort) !== ramp,
    )
  );
}

function rampOf(phase: Draft<PlanPhase>, cohort: Draft<PlanCohort>): Ramp {
  return Object.hasOwn(cohort, 'ramp') ? cohort.ramp : phase.ramp;
}

/** R9: a number a day is small beside those who arrive, of the smallest cohort that it moves. */
export const firstStepIsFew: Rule = function* ({ phases }) {
  for (const [phaseIndex, phase] of readable(phases)) {
    for (const { ramp, path } of rampsOf(phase, ['phases', phaseIndex])) {
      const arrive = Math.min(...volumesOf(phase, ramp));
      const perDay = ramp[0]?.perDay;
      if (perDay === undefined || perDay <= arrive / 2) continue;
      yield {
        code: 'WH555',
        path: [...path, 0, 'perDay'],
        message: `Of ${arrive} who arrive a day this moves most at once, and the first step is for few: every fault of it is found by those in it. Write ${Math.floor(arrive / 2)} at most (R9).`,
      };
    }
  }
};

/** A subscription renews once a month, unless nothing fires by itself: a shorter soak has seen no renewal of those who came in it. */
export const soakSeesACycle: Rule = function* ({ phases }) {
  for (const [index, { unit, soak, armedEffects }] of readable(phases)) {
    if (unit !== 'subscription' || soak === undefined || soak >= CYCLE || armedEffects?.length === 0) continue;
    yield {
      code: 'WH556',
      path: ['phases', index, 'soak'],
      message: `A subscription renews about once a month, so in ${formatDuration(soak)} most have not renewed on target when the phase is committed. Write 28d or longer.`,
    };
  }
};

/** I4: a lapse of control that nobody remembers is not mended without a person. */
export const lapseIsShort: Rule = function* ({ phases }) {
  for (const [index, { resumeWithin }] of readable(phases)) {
    if (resumeWithin === undefined || resumeWithin <= SHIFT) continue;
    yield {
      code: 'WH558',
      path: ['phases', index, 'resumeWithin'],
      message: `After ${formatDuration(resumeWithin)} without control the split would rise again, on old evidence, with nobody asked. Write 12h at most; 15m is usual.`,
    };
  }
};

/** R12: a probe of one side looks at that side. */
export const probesDiffer: Rule = function* ({ phases }) {
  for (const [index, { probes }] of readable(phases)) {
    const sideOf = new Map<string, string>();
    for (const [at, { side, url }] of readable(probes)) {
      if (side === undefined || url === undefined) continue;
      const other = sideOf.get(url) ?? side;
      if (other !== side) {
        yield {
          code: 'WH559',
          path: ['phases', index, 'probes', at, 'url'],
          message: `The probe of ${other} looks at this address too, so one of the two sides is never looked at. Write the address on ${side}.`,
        };
      }
      sideOf.set(url, other);
    }
  }
};

/** I17: after what cannot be undone nobody is brought back unless the plan says so by name. */
export const undoneIsDecided: Rule = function* (plan, { order }) {
  const starts = new Set([...readable(plan.handoffs)].map(([, { start }]) => start));
  for (const [index, { inFlight, irreversible }] of readable(plan.phases)) {
    if (inFlight?.otherwise !== 'bringBack') continue;
    const reached = (inFlight.milestones ?? []).map((milestone) => milestone?.reachedBy);
    if (reached.includes(undefined)) continue;
    const open = [...readable(irreversible)].find(
      ([, { event }]) =>
        event !== undefined &&
        starts.has(event) &&
        !reached.some((type) => type === event || (type !== undefined && order.isBefore(type, event))),
    );
    if (open === undefined) continue;
    yield {
      code: 'WH560',
      path: ['phases', index, 'inFlight', 'otherwise'],
      message: `After ${quoteName(open[1].event ?? '')} a rollback would bring people back, and that cannot be undone: it would happen on legacy once more. Add a milestone that is reached by it, and say what becomes of them.`,
    };
  }
};

/** The last milestone that is reached decides, so they stand in the order in which they are reached. */
export const milestonesInOrder: Rule = function* ({ phases }, { order }) {
  for (const [index, { inFlight }] of readable(phases)) {
    const milestones = inFlight?.milestones ?? [];
    for (const [at, { reachedBy }] of readable(milestones)) {
      const later = milestones
        .slice(0, at)
        .find(
          (other) =>
            reachedBy !== undefined && other?.reachedBy !== undefined && order.isBefore(reachedBy, other.reachedBy),
        );
      if (later === undefined) continue;
      yield {
        code: 'WH561',
        path: ['phases', index, 'inFlight', 'milestones', at],
        message: `Whoever got to ${quoteName(later.id ?? '')} has been here before, and the last one in the list decides. Move this one before it.`,
      };
    }
  }
};

/** A closed unit is in flight no more: no rollback sees who still waits for something here. */
export const closedOwesNothing: Rule = function* ({ phases, handoffs }) {
  for (const [index, { id, closedBy }] of readable(phases)) {
    for (const [at, type] of readable(closedBy)) {
      const owed = [...readable(handoffs)].find(
        ([, { phase, start }]) => id !== undefined && phase === id && start === type,
      );
      if (owed === undefined) continue;
      yield {
        code: 'WH562',
        path: ['phases', index, 'closedBy', at],
        message: `${quoteName(owed[1].id ?? '')} starts with it, in this phase, so whoever is closed here still waits for something and no rollback would see them. Name the event that ends the last of it.`,
      };
    }
  }
};

/** I16, I17: where charges and refills fire by themselves, the plan says which, or that there are none. */
export const armedEffectsSaid: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    if (Object.hasOwn(phase, 'armedEffects')) continue;
    const { unit } = phase;
    if (unit !== 'subscription' && phase.waves === undefined) continue;
    const who = unit === 'subscription' ? 'Subscriptions are charged' : 'Those who move have something that fires';
    yield {
      code: 'WH563',
      path: ['phases', index],
      message: `${who} by themselves, and nothing says what is armed where: after a way back it would fire on both sides. List it under 'armedEffects'; '[]' says that nothing does (R45).`,
    };
  }
};

/** A pause for the sake of safety lets nobody in. */
export const pauseStopsArrivals: Rule = function* ({ phases, rollbackRules }) {
  for (const [index, { id, pause, gates }] of readable(phases)) {
    if (pause?.arrivals !== 'keep') continue;
    const severe = new Set(
      [...readable(gates)].flatMap(([, { id: gate, severity }]) =>
        severity === 'safety' || severity === 'money' ? [gate] : [],
      ),
    );
    const rule = [...readable(rollbackRules)].find(
      ([, { phase, gate, action }]) =>
        id !== undefined && phase === id && action?.kind === 'pause' && gate !== undefined && severe.has(gate),
    );
    if (rule === undefined) continue;
    yield {
      code: 'WH564',
      path: ['phases', index, 'pause', 'arrivals'],
      message: `${quoteName(rule[1].id ?? '')} pauses this phase because patients are harmed, and new ones would go on arriving. Write 'stop', or let that rule roll back.`,
    };
  }
};

/** I8: who is brought back is a case each, so a queue without room for the first step brings nobody back. */
export const roomForFirstStep: Rule = function* ({ phases, queues }) {
  for (const [index, { id, capacity }] of readable(queues)) {
    if (id === undefined || capacity === undefined) continue;
    for (const [, phase] of readable(phases)) {
      if (phase.inFlight?.queue !== id || phase.inFlight.otherwise !== 'bringBack') continue;
      const open = [...rampsOf(phase, [])].map(({ ramp: [first] }) => first?.maxOpen ?? first?.perDay ?? 0);
      const most = Math.max(0, ...open);
      if (most <= capacity) continue;
      yield {
        code: 'WH565',
        path: ['queues', index, 'capacity'],
        message: `The first step of ${quoteName(phase.id ?? '')} may have ${most} on the way, each a case here when it goes back. Without room for all of them nobody is brought back. Write that or more, or start with fewer.`,
      };
      break;
    }
  }
};
