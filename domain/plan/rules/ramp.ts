import type { Draft } from '../draft';
import type { Finding, PlanPath } from '../plan-problem';
import type { RampStep } from '../plan-schema';
import { BUCKETS } from '../schema/values';
import { rampsOf } from './ramps-of';
import { readable, type Rule } from './rule';

/** Each step says how many: a share of arrivals, or a number a day. */
export const stepSize: Rule = function* ({ phases }) {
  for (const [phaseIndex, phase] of readable(phases)) {
    for (const { ramp, path } of rampsOf(phase, ['phases', phaseIndex])) {
      for (const [index, step] of readable(ramp)) {
        const shared = Object.hasOwn(step, 'share');
        const counted = Object.hasOwn(step, 'perDay');
        if (shared === counted) {
          yield {
            code: 'WH520',
            path: [...path, index],
            message: "Give each step either a 'share' of arrivals or a number 'perDay'.",
          };
        } else if (step.share === 0) {
          yield {
            code: 'WH521',
            path: [...path, index, 'share'],
            message: 'Write more than 0%: a step that takes nobody shows nothing.',
          };
        }
      }
    }
  }
};

/** Half of those who arrive, in buckets: a first step takes no more. */
const FIRST_SHARE = BUCKETS / 2;

/** So many a day are everyone, in practice. */
const NO_LIMIT_A_DAY = 10_000;

/** R9: a controlled cutover, not a flip: it starts with half at most, never falls, and ends at 100%, where alone it can be committed. */
export const rampRises: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    for (const { ramp, path } of rampsOf(phase, ['phases', index])) yield* rises(ramp, path);
  }
};

function* rises(ramp: readonly (Draft<RampStep> | undefined)[], path: PlanPath): Generator<Finding> {
  yield* startsWithFew(ramp[0], path);
  let share = 0;
  let perDay = 0;
  for (const [index, step] of readable(ramp)) {
    if (step.share !== undefined && step.share < share) {
      yield {
        code: 'WH522',
        path: [...path, index, 'share'],
        message: `A ramp never falls, and the step before is at ${percent(share)}. Write that or more.`,
      };
    }
    if (step.perDay !== undefined && step.perDay < perDay) {
      yield {
        code: 'WH522',
        path: [...path, index, 'perDay'],
        message: `A ramp never falls, and a step before is at ${perDay} a day. Write that or more.`,
      };
    }
    if (step.perDay !== undefined && step.share === undefined && share > 0) {
      yield {
        code: 'WH523',
        path: [...path, index, 'perDay'],
        message: 'Steps by number a day come before steps by share. Move this step up, or write a share.',
      };
    }
    const before = ramp[index - 1];
    if (before !== undefined && sameSize(before, step)) {
      yield {
        code: 'WH528',
        path: [...path, index],
        message:
          'This step moves nobody more than the one before. Write a larger one, or watch the one before for longer.',
      };
    }
    share = Math.max(share, step.share ?? 0);
    perDay = Math.max(perDay, step.perDay ?? 0);
  }
  const last = ramp.at(-1);
  const shown = last?.share !== undefined || last?.perDay !== undefined;
  if (last !== undefined && shown && last.share !== BUCKETS) {
    yield {
      code: 'WH524',
      path: [...path, ramp.length - 1],
      message: "The last step is at 100%: only from there can the phase be committed. Add '{ share: 100%, watch: … }'.",
    };
  }
}

function sameSize(one: Draft<RampStep>, other: Draft<RampStep>): boolean {
  const sized = other.share !== undefined || other.perDay !== undefined;
  return sized && one.share === other.share && one.perDay === other.perDay && one.maxOpen === other.maxOpen;
}

function* startsWithFew(first: Draft<RampStep> | undefined, path: PlanPath): Generator<Finding> {
  if (first?.share === BUCKETS) {
    yield {
      code: 'WH525',
      path: [...path, 0, 'share'],
      message:
        "The first step moves everyone at once. Start with a small share, such as '5%', or a number 'perDay' (R9).",
    };
  } else if (first?.share !== undefined && first.share > FIRST_SHARE) {
    yield {
      code: 'WH525',
      path: [...path, 0, 'share'],
      message:
        "The first step is for few: every fault of it is found by those in it. Start with 50% at most, better with '5%', or with a number 'perDay' (R9).",
    };
  }
  if (first?.perDay !== undefined && first.perDay >= NO_LIMIT_A_DAY) {
    yield {
      code: 'WH525',
      path: [...path, 0, 'perDay'],
      message: `${first.perDay} a day is no limit in practice, and the first step is for few: every fault of it is found by those in it. Start with fewer than ${NO_LIMIT_A_DAY} (R9).`,
    };
  }
}

/** A cap on open units that nothing closes fills up, and then lets nobody in. */
export const capNeedsClosing: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    // Written but unreadable counts as there; a list of nothing is a default.
    if (Object.hasOwn(phase, 'closedBy') && phase.closedBy?.length !== 0) continue;
    if (Object.hasOwn(phase, 'closeAfter')) continue;
    for (const { ramp, path } of rampsOf(phase, ['phases', index])) {
      for (const [step, { maxOpen }] of readable(ramp)) {
        if (maxOpen === undefined) continue;
        yield {
          code: 'WH526',
          path: [...path, step, 'maxOpen'],
          message:
            "Nothing closes a unit of this phase, so those open only add up. Say under 'closedBy' which events do, or remove 'maxOpen'.",
        };
      }
    }
  }
};

/** Whoever is committed has no cap any more, so one on the last step would hold until the commit and then let everyone in. */
export const noCapOnEveryone: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    for (const { ramp, path } of rampsOf(phase, ['phases', index])) {
      for (const [step, { share, maxOpen }] of readable(ramp)) {
        if (share !== BUCKETS || maxOpen === undefined) continue;
        yield {
          code: 'WH527',
          path: [...path, step, 'maxOpen'],
          message:
            "The commit lifts a limit at 100%, so nobody would have seen the target without it. Remove 'maxOpen' here, and watch this step without it.",
        };
      }
    }
  }
};

function percent(share: number): string {
  return `${share / (BUCKETS / 100)}%`;
}
