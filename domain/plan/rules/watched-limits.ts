import type { Draft } from '../draft';
import { formatDuration } from '../../time/duration';
import { longestGap } from '../open-hours';
import { quoteName } from '../plan-problem';
import type { Plan } from '../plan-schema';
import { BUCKETS } from '../schema/values';
import { hoursOf, readable, type Rule } from './rule';

type WatchedLimit = Draft<NonNullable<Plan['declaredGates']>[number]>;

/** A comparison that ends at some share of the ramp is followed by another one. */
export const comparisonsGoOn: Rule = function* ({ declaredGates }) {
  const upTo = ({ limit }: WatchedLimit): number | undefined => {
    if (limit?.kind !== 'comparison') return undefined;
    return Object.hasOwn(limit, 'upToShare') ? limit.upToShare : BUCKETS;
  };
  for (const [index, gate] of readable(declaredGates)) {
    const ends = upTo(gate);
    if (ends === undefined || ends >= BUCKETS) continue;
    const next = [...readable(declaredGates)].find(
      ([, other]) => other.measure === gate.measure && (upTo(other) ?? 0) > ends,
    );
    if (next !== undefined) continue;
    yield {
      code: 'WH638',
      path: ['declaredGates', index, 'limit', 'upToShare'],
      message:
        "Above that share nothing compares this any more, and there are the most patients. Add a gate with the same 'measure' for what comes after it, or leave 'upToShare' out.",
    };
  }
};

/** R35: a share of a team's capacity can be told where its shifts say how much that is. */
export const loadCanBeTold: Rule = function* ({ declaredGates, owners }) {
  for (const [index, { limit }] of readable(declaredGates)) {
    if (limit?.kind !== 'capacity' || limit.team === undefined) continue;
    const [, team] = [...readable(owners)].find(([, { id }]) => id === limit.team) ?? [];
    if (team === undefined || (Object.hasOwn(team, 'reach') && team.reach === undefined)) continue;
    const shifts = team.reach?.shifts ?? [];
    if (shifts.some((shift) => shift === undefined || Object.hasOwn(shift, 'capacity'))) continue;
    yield {
      code: 'WH639',
      path: ['declaredGates', index, 'limit', 'team'],
      message: `No shift of ${quoteName(limit.team)} says how much it can work on, so nobody can tell when it is full. Add 'capacity' to the shifts under its 'reach', or name the team that is meant.`,
    };
  }
};

/** A limit of safety pages somebody, and somebody who is there. */
export const safetyPages: Rule = function* ({ declaredGates, owners }) {
  const gapOf = new Map<string, number>();
  for (const [, { id, reach }] of readable(owners)) {
    const hours = hoursOf(reach?.shifts);
    if (id !== undefined && hours !== undefined) gapOf.set(id, longestGap(hours));
  }
  for (const [index, gate] of readable(declaredGates)) {
    if (gate.severity === 'safety' && !Object.hasOwn(gate, 'page')) {
      yield {
        code: 'WH640',
        path: ['declaredGates', index, 'id'],
        message:
          "When this limit is crossed somebody has been harmed, and nobody is paged. Add 'page' with the team that acts on it.",
      };
    }
    const gap = gate.page === undefined ? 0 : (gapOf.get(gate.page) ?? 0);
    if (gap === 0) continue;
    yield {
      code: 'WH641',
      path: ['declaredGates', index, 'page'],
      message: `Nobody of ${quoteName(gate.page ?? '')} is there for up to ${formatDuration(gap)}, and a page of then is read by nobody. Give the team a shift in between, or page one that has one.`,
    };
  }
};
