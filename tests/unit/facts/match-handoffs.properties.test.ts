import fc from 'fast-check';
import { WEEKDAYS } from '../../../domain/plan/schema/values';
import type { HandoffRule } from '../../../domain/handoffs/handoff-rule';
import {
  matchHandoff,
  matchHistory,
  type HandoffMatch,
  type JourneyEvent,
  type Occurrence,
} from '../../../domain/handoffs/match-handoffs';

const WITHIN = 6;
const LATENESS = 4;
/** Small, so that events meet each other, their deadlines and the ends of their lateness. */
const HORIZON = 20;
const LAST_LOOK = HORIZON + WITHIN + 2 * LATENESS;
const LONG_AFTER = 10_000;

const plain: HandoffRule = {
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

/** A millisecond is an hour of the plan: the deadline goes over the night, and over the hours about noon. */
const businessTime: HandoffRule['businessTime'] = {
  amount: `${WITHIN}bh`,
  clock: { startedAt: new Date(0), timeScale: 3_600_000 },
  calendar: {
    ...{ id: 'hours', timeZone: 'UTC' },
    open: [
      { id: 'morning', days: [...WEEKDAYS], from: '02:00', to: '09:00' },
      { id: 'afternoon', days: [...WEEKDAYS], from: '12:00', to: '16:00' },
    ],
  },
};
const isOpenHour = (hour: number): boolean => (hour % 24 >= 2 && hour % 24 < 9) || (hour % 24 >= 12 && hour % 24 < 16);

const PARTS: Partial<HandoffRule>[] = [
  { businessTime },
  {
    pauses: [
      { from: 'asked', until: 'answered' },
      { from: 'sent', until: 'answered' },
    ],
  },
  {
    must: [
      { id: 'licensed', field: 'licensedIn', equalsStart: 'state' },
      { id: 'done', end: 'end', field: 'code', oneOf: ['a', 'b'] },
    ],
  },
  { forEach: { field: 'code', of: ['a', 'b'] } },
  { exactlyOnce: true },
];

/** Every mixture of what a handoff may declare. */
const rules = fc.subarray(PARTS).map((parts): HandoffRule => Object.assign({}, plain, ...parts) as HandoffRule);

const events = (maximumDelay: number) =>
  fc
    .array(
      fc.record({
        type: fc.constantFrom(
          ...['start', 'start', 'end', 'end', 'otherEnd', 'release', 'unlistened', 'asked', 'sent', 'answered'],
        ),
        data: fc.record(
          {
            state: fc.constantFrom('NY', 'TX'),
            licensedIn: fc.constantFrom('NY', 'TX'),
            code: fc.constantFrom('a', 'b', 'c'),
          },
          { requiredKeys: ['state'] },
        ),
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
  rule: HandoffRule,
  arriving: readonly JourneyEvent[],
  when: readonly (readonly [boolean, boolean])[],
): HandoffMatch {
  let written: HandoffMatch['occurrences'] = [];
  const look = (now: number, arrived: readonly JourneyEvent[]): HandoffMatch => {
    const match = matchHandoff(rule, arrived, now);
    const finals = written.filter(({ final }) => final);
    // Final ones come first, and stay: an occurrence ends once. Only that it was recovered, and ends more, may be added.
    for (const [ordinal, row] of finals.entries()) {
      const still = match.occurrences[ordinal];
      const { recoveredAt = null, recoveredBy = null } = still ?? {};
      const secondEnds = [...row.secondEnds, ...(still?.secondEnds.slice(row.secondEnds.length) ?? [])];
      const expected = { ...row, ...(row.recoveredAt === null && { recoveredAt, recoveredBy }), secondEnds };
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
      fc.property(rules, events(LATENESS), looks, fc.infiniteStream(fc.nat()), (rule, arriving, when, noise) => {
        const shuffled = arriving
          .map((event) => ({ event, at: noise.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ event }) => event);
        const inTime = arriving.map((event) => ({ ...event, receivedAt: event.time }));
        expect(withoutArrival(matchAsTheyArrive(rule, shuffled, when))).toEqual(
          withoutArrival(matchHandoff(rule, inTime, LONG_AFTER)),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('never changes what is final, however late anything comes', () => {
    fc.assert(
      fc.property(rules, events(HORIZON), looks, (rule, arriving, when) => {
        matchAsTheyArrive(rule, arriving, when);
      }),
      { numRuns: 1_000 },
    );
  });

  it('ends each occurrence exactly once, and accounts for every event that it listens to', () => {
    fc.assert(
      fc.property(rules, events(HORIZON), (rule, arriving) => {
        const { occurrences, unmatched, nextChangeAt } = matchHandoff(rule, arriving, LONG_AFTER);
        const count = (...types: string[]): number => arriving.filter(({ type }) => types.includes(type)).length;
        const ended = (outcome: string): number => occurrences.filter((one) => one.outcome === outcome).length;
        const recovered = occurrences.filter(({ recoveredAt }) => recoveredAt !== null).length;
        const sumOf = (number: (one: Occurrence) => number): number =>
          occurrences.reduce((sum, one) => sum + number(one), 0);
        // Only what waits for somebody else stays open.
        for (const one of occurrences) {
          expect(one.final).toBe(one.pausedSince === null);
          expect(one.outcome === null).toBe(one.pausedSince !== null);
        }
        expect(occurrences.slice(0, -1).every(({ final }) => final)).toBe(true);
        expect(nextChangeAt).toBeNull();
        expect(occurrences.length + sumOf(({ repeated }) => repeated)).toBe(count('start'));
        const taken = count('end', 'otherEnd') - unmatched - sumOf(({ secondEnds }) => secondEnds.length);
        if (rule.forEach === undefined) expect(taken).toBe(ended('kept') + recovered);
        // Of one that was not recovered, some codes may have come.
        else expect(taken).toBeGreaterThanOrEqual(rule.forEach.of.length * (ended('kept') + recovered));
        expect(ended('released')).toBeLessThanOrEqual(count('release'));
        for (const one of occurrences) {
          if (one.pausedSince !== null) continue;
          expect(one.endedAt).toBeGreaterThanOrEqual(one.startedAt);
          if (one.outcome === 'missed') expect(one.endedAt).toBe(one.deadlineAt);
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

  // With a condition it may: one that is open refuses an end that would have kept another, which then never began.
  it('never has fewer occurrences for an event more that is no pause, where any end will do', () => {
    fc.assert(
      fc.property(rules, events(HORIZON), fc.nat(), (any, arriving, which) => {
        const { pauses: _pauses, must: _must, ...rule } = any;
        const without = arriving.filter((_, index) => index !== which % Math.max(1, arriving.length));
        const count = (list: JourneyEvent[]): number => matchHandoff(rule, list, LONG_AFTER).occurrences.length;
        expect(count(arriving)).toBeGreaterThanOrEqual(count(without));
      }),
      { numRuns: 1_000 },
    );
  });

  it('says when to look again: nothing changes before, something does then', () => {
    fc.assert(
      fc.property(rules, events(HORIZON), fc.nat(LAST_LOOK), (rule, arriving, now) => {
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

  it('says of a history what it says of the same events as they arrived in time', () => {
    fc.assert(
      fc.property(rules, events(LATENESS), (rule, arriving) => {
        const live = matchHandoff(rule, arriving, LONG_AFTER);
        const history = matchHistory(
          { ...rule, lateness: 0 },
          arriving.map((event) => ({ ...event, receivedAt: event.time })),
        );
        expect(history.unmatched).toBe(live.unmatched);
        expect(history.occurrences.map(told)).toEqual(live.occurrences.map(told));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what becomes of a handoff, hour by hour (R24, R50)', () => {
  it('is what a count of the hours that were not paused says, with every end held to its conditions', () => {
    fc.assert(
      fc.property(rules, events(0), (rule, arriving) => {
        // None at one moment: what comes first then has a test of its own.
        const apart = [...new Map(arriving.map((event) => [event.time, event])).values()];
        const { occurrences, unmatched } = matchHandoff(rule, apart, LONG_AFTER);
        expect({ unmatched, occurrences: occurrences.map(told) }).toEqual(hourByHour(rule, apart));
      }),
      { numRuns: 3_000 },
    );
  });
});

/** What people are told of an occurrence, the same of one that is missed and of one that merely has no end in a history that is over. */
function told(one: Omit<Occurrence, 'final'>): unknown {
  const missed = one.pausedSince === null && (one.outcome === null || one.outcome === 'missed');
  return {
    start: one.start.identity,
    outcome: missed ? 'missed' : one.outcome,
    endedAt: missed ? one.deadlineAt : one.endedAt,
    recoveredBy: one.recoveredBy?.identity ?? null,
    repeated: one.repeated,
    refused: missed ? (one.refused?.condition ?? null) : null,
    lacking: missed ? one.lacking : [],
    secondEnds: one.secondEnds.map(({ identity }) => identity),
  };
}

interface Simulated {
  start: JourneyEvent;
  outcome: string | null;
  endedAt: number | null;
  recoveredBy: string | null;
  repeated: number;
  refused: string | null;
  lacking: string[];
  secondEnds: string[];
  left: number;
  waits: Set<string>;
  had: Set<unknown>;
}

/** Another way to the same: a clock that ticks, and events one after another. */
function hourByHour(rule: HandoffRule, arriving: readonly JourneyEvent[]): unknown {
  const list: Simulated[] = [];
  let unmatched = 0;
  const codes = rule.forEach?.of ?? [''];
  for (let now = 0; now < 1_000; now += 1) {
    const event = arriving.find(({ time }) => time === now);
    let latest = list.at(-1);
    const open = latest?.outcome === null;
    if (event?.type === 'start') {
      if (open && latest !== undefined) latest.repeated += 1;
      else {
        latest = {
          ...{ start: event, outcome: null, endedAt: null, recoveredBy: null, repeated: 0, refused: null },
          ...{ lacking: [], secondEnds: [], left: WITHIN, waits: new Set(), had: new Set() },
        };
        list.push(latest);
      }
    } else if (event?.type === 'release' && open && latest !== undefined) {
      Object.assign(latest, { outcome: 'released', endedAt: now });
    } else if (rule.pauses !== undefined && open && (event?.type === 'asked' || event?.type === 'sent')) {
      latest?.waits.add(event.type);
    } else if (rule.pauses !== undefined && event?.type === 'answered') latest?.waits.clear();
    else if (event?.type === 'end' || event?.type === 'otherEnd') {
      const { state } = latest?.start.data ?? {};
      const { licensedIn, code } = event.data ?? {};
      const wrong =
        rule.must === undefined
          ? null
          : licensedIn !== state || licensedIn === undefined
            ? 'licensed'
            : event.type === 'end' && code !== 'a' && code !== 'b'
              ? 'done'
              : null;
      const part = rule.forEach === undefined ? '' : code;
      if (latest === undefined) unmatched += 1;
      else if (wrong !== null) {
        unmatched += 1;
        if (open) latest.refused = wrong;
      } else if (latest.outcome === 'released' || !codes.some((one) => one === part)) unmatched += 1;
      else if (latest.had.has(part)) {
        if (rule.exactlyOnce === true) latest.secondEnds.push(event.identity);
        else unmatched += 1;
      } else {
        latest.had.add(part);
        if (latest.had.size === codes.length) {
          if (open) Object.assign(latest, { outcome: 'kept', endedAt: now });
          else latest.recoveredBy = event.identity;
        }
      }
    }
    if (latest?.outcome !== null || latest.waits.size > 0) continue;
    if (latest.left === 0) {
      const { had } = latest;
      const lacking = rule.forEach === undefined ? [] : codes.filter((one) => !had.has(one));
      Object.assign(latest, { outcome: 'missed', endedAt: now, lacking });
    } else if (rule.businessTime === undefined || isOpenHour(now)) {
      latest.left -= 1;
    }
  }
  return {
    unmatched,
    occurrences: list.map(({ left: _left, waits: _waits, had: _had, start, ...one }) => ({
      ...{ start: start.identity },
      ...one,
      refused: one.outcome === 'missed' ? one.refused : null,
    })),
  };
}

function withoutArrival({ occurrences, unmatched }: HandoffMatch): unknown {
  return {
    unmatched,
    occurrences: occurrences.map(({ start, refused, recoveredBy, secondEnds, ...one }) => ({
      ...one,
      start: start.identity,
      refused: refused && { condition: refused.condition, end: refused.end.identity },
      recoveredBy: recoveredBy?.identity,
      secondEnds: secondEnds.map(({ identity }) => identity),
    })),
  };
}
