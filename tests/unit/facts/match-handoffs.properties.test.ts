import fc from 'fast-check';
import type { HandoffRule } from '../../../domain/handoffs/handoff-rule';
import { matchHandoff, type HandoffMatch, type JourneyEvent } from '../../../domain/handoffs/match-handoffs';

const WITHIN = 6;
const LATENESS = 4;
/** Small, so that events meet each other, their deadlines and the ends of their lateness. */
const HORIZON = 20;
const LAST_LOOK = HORIZON + WITHIN + 2 * LATENESS;
const LONG_AFTER = 10_000;

const rule: HandoffRule = {
  id: 'paid-to-assigned',
  phase: 'payment',
  endPhase: 'payment',
  start: 'start',
  ends: new Set(['end', 'otherEnd']),
  unless: new Set(['release']),
  within: WITHIN,
  lateness: LATENESS,
  queue: 'not-assigned',
};

const events = (maximumDelay: number) =>
  fc
    .array(
      fc.record({
        type: fc.constantFrom('start', 'start', 'end', 'otherEnd', 'release', 'unlistened'),
        time: fc.nat(HORIZON),
        delay: fc.nat(maximumDelay),
        sequence: fc.nat(2),
      }),
      { maxLength: 10 },
    )
    .map((list) =>
      list.map(({ delay, ...event }, index): JourneyEvent => ({
        ...event,
        receivedAt: event.time + delay,
        identity: `stack ${index}`,
      })),
    );

/** Whether a matcher looks at each moment: before what arrives at that very moment, and after it. */
const looks = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: LAST_LOOK, maxLength: LAST_LOOK });

/** What a matcher writes down as it looks again and again while events arrive, as the store does: final rows for good. */
function matchAsTheyArrive(
  arriving: readonly JourneyEvent[],
  when: readonly (readonly [boolean, boolean])[],
): HandoffMatch {
  let written: HandoffMatch['occurrences'] = [];
  const look = (now: number, arrived: readonly JourneyEvent[]): HandoffMatch => {
    const match = matchHandoff(rule, arrived, now);
    const finals = written.filter(({ final }) => final);
    // Final ones come first, and stay: an occurrence ends once. Only that it was recovered may be added.
    for (const [ordinal, row] of finals.entries()) {
      const still = match.occurrences[ordinal];
      const expected = row.recoveredAt === null ? { ...row, recoveredAt: still?.recoveredAt ?? null } : row;
      if (JSON.stringify(still) !== JSON.stringify(expected)) throw new Error(`changed after it was final, at ${now}`);
    }
    const firstOpen = match.occurrences.findIndex(({ final }) => !final);
    if (firstOpen >= 0 && match.occurrences.slice(firstOpen).some(({ final }) => final)) {
      throw new Error(`a final one after one that is not, at ${now}`);
    }
    written = match.occurrences;
    return match;
  };
  for (const [now, [before, after]] of when.entries()) {
    if (before)
      look(
        now,
        arriving.filter(({ receivedAt }) => receivedAt < now),
      );
    if (after)
      look(
        now,
        arriving.filter(({ receivedAt }) => receivedAt <= now),
      );
  }
  return look(LONG_AFTER, arriving);
}

describe('matching in any order of arrival (I6)', () => {
  it('gives the same answer as long as nothing comes later than the lateness, whenever a matcher looked', () => {
    fc.assert(
      fc.property(events(LATENESS), looks, fc.infiniteStream(fc.nat()), (arriving, when, noise) => {
        const shuffled = arriving
          .map((event) => ({ event, at: noise.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ event }) => event);
        const inTime = arriving.map((event) => ({ ...event, receivedAt: event.time }));
        expect(withoutArrival(matchAsTheyArrive(shuffled, when))).toEqual(
          withoutArrival(matchHandoff(rule, inTime, LONG_AFTER)),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('never changes what is final, however late anything comes', () => {
    fc.assert(
      fc.property(events(HORIZON), looks, (arriving, when) => {
        matchAsTheyArrive(arriving, when);
      }),
      { numRuns: 1_000 },
    );
  });

  it('ends each occurrence exactly once, and accounts for every event that it listens to', () => {
    fc.assert(
      fc.property(events(HORIZON), (arriving) => {
        const { occurrences, unmatched, nextChangeAt } = matchHandoff(rule, arriving, LONG_AFTER);
        const count = (...types: string[]): number => arriving.filter(({ type }) => types.includes(type)).length;
        const ended = (outcome: string): number => occurrences.filter((one) => one.outcome === outcome).length;
        const recovered = occurrences.filter(({ recoveredAt }) => recoveredAt !== null).length;
        const repeated = occurrences.reduce((sum, one) => sum + one.repeated, 0);
        expect(occurrences.every(({ final, outcome }) => final && outcome !== null)).toBe(true);
        expect(nextChangeAt).toBeNull();
        expect(occurrences.length + repeated).toBe(count('start'));
        expect(ended('kept') + recovered + unmatched).toBe(count('end', 'otherEnd'));
        expect(ended('released')).toBeLessThanOrEqual(count('release'));
        for (const one of occurrences) {
          expect(one.endedAt).toBeGreaterThanOrEqual(one.startedAt);
          expect(one.endedAt).toBeLessThanOrEqual(one.deadlineAt);
          if (one.recoveredAt !== null) expect(one.recoveredAt).toBeGreaterThan(one.deadlineAt);
        }
        // One is open at a time.
        for (const [index, one] of occurrences.entries()) {
          const next = occurrences[index + 1];
          if (next !== undefined) expect(next.startedAt).toBeGreaterThanOrEqual(one.endedAt ?? Infinity);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('never has fewer occurrences for an event more: what is written of one is never to be taken away', () => {
    fc.assert(
      fc.property(events(HORIZON), fc.nat(), (arriving, which) => {
        const without = arriving.filter((_, index) => index !== which % Math.max(1, arriving.length));
        const count = (list: JourneyEvent[]): number => matchHandoff(rule, list, LONG_AFTER).occurrences.length;
        expect(count(arriving)).toBeGreaterThanOrEqual(count(without));
      }),
      { numRuns: 1_000 },
    );
  });

  it('says when to look again: nothing changes before, something does then', () => {
    fc.assert(
      fc.property(events(HORIZON), fc.nat(LAST_LOOK), (arriving, now) => {
        const arrived = arriving.filter(({ receivedAt }) => receivedAt <= now);
        const match = matchHandoff(rule, arrived, now);
        const { nextChangeAt } = match;
        if (nextChangeAt === null) {
          expect(matchHandoff(rule, arrived, LONG_AFTER)).toEqual(match);
          return;
        }
        expect(nextChangeAt).toBeGreaterThan(now);
        expect(matchHandoff(rule, arrived, nextChangeAt - 1)).toEqual(match);
        expect(matchHandoff(rule, arrived, nextChangeAt)).not.toEqual(match);
      }),
      { numRuns: 1_000 },
    );
  });
});

function withoutArrival({ occurrences, unmatched }: HandoffMatch): unknown {
  return {
    unmatched,
    occurrences: occurrences.map(({ start, ...one }) => ({ ...one, start: start.identity })),
  };
}
