import type { HandoffRule } from '../../../domain/handoffs/handoff-rule';
import { matchHandoff, type JourneyEvent } from '../../../domain/handoffs/match-handoffs';

const MINUTE = 60_000;
const LATENESS = MINUTE;
const WITHIN = 10 * MINUTE;
const LONG_AFTER = 1_000 * MINUTE;

const routing: HandoffRule = {
  id: 'payment-to-provider-routing',
  phase: 'payment',
  endPhase: 'payment',
  start: 'payment.succeeded',
  ends: new Set(['review.assigned', 'review.declined']),
  unless: new Set(['payment.refunded']),
  within: WITHIN,
  lateness: LATENESS,
  queue: 'payment-not-routed',
};

let numbered = 0;
function at(time: number, type: string, more: Partial<JourneyEvent> = {}): JourneyEvent {
  numbered += 1;
  return { type, time, receivedAt: time, sequence: 0, identity: `billing ${numbered}`, ...more };
}

const paid = (time: number, more?: Partial<JourneyEvent>) => at(time, 'payment.succeeded', more);
const assigned = (time: number, more?: Partial<JourneyEvent>) => at(time, 'review.assigned', more);
const refunded = (time: number, more?: Partial<JourneyEvent>) => at(time, 'payment.refunded', more);

function outcomes(events: JourneyEvent[], now = LONG_AFTER): (string | null)[] {
  return matchHandoff(routing, events, now).occurrences.map(({ outcome }) => outcome);
}

describe('what becomes of a handoff (I6)', () => {
  it('is kept by an end up to its deadline, that moment included, and missed a moment later', () => {
    expect(outcomes([paid(0), assigned(WITHIN)])).toEqual(['kept']);
    expect(outcomes([paid(0), assigned(WITHIN + 1)])).toEqual(['missed']);
  });

  it('is kept by any of its ends', () => {
    expect(outcomes([paid(0), at(1, 'review.declined')])).toEqual(['kept']);
  });

  it('is released by what the plan lets release it, and only while it is open', () => {
    expect(outcomes([paid(0), refunded(WITHIN)])).toEqual(['released']);
    expect(outcomes([paid(0), refunded(WITHIN + 1)])).toEqual(['missed']);
    expect(outcomes([refunded(0), paid(1), assigned(2)])).toEqual(['kept']);
    expect(outcomes([paid(0), assigned(1), refunded(2)])).toEqual(['kept']);
  });

  it('is dated at its deadline where it is missed, and is final once its lateness is over, not before', () => {
    const events = [paid(0)];
    const before = matchHandoff(routing, events, WITHIN + LATENESS);
    expect(before.occurrences).toMatchObject([{ outcome: null, final: false }]);
    expect(before.nextChangeAt).toBe(WITHIN + LATENESS + 1);
    const after = matchHandoff(routing, events, WITHIN + LATENESS + 1);
    expect(after.occurrences).toMatchObject([{ outcome: 'missed', endedAt: WITHIN, final: true }]);
    expect(after.nextChangeAt).toBeNull();
  });

  it('is not final as kept while an event may still arrive that released it before', () => {
    const kept = matchHandoff(routing, [paid(0), assigned(5)], 5 + LATENESS);
    expect(kept.occurrences).toMatchObject([{ outcome: 'kept', endedAt: 5, final: false }]);
    const releasedBefore = [paid(0), assigned(5), refunded(4, { receivedAt: 4 + LATENESS })];
    expect(outcomes(releasedBefore)).toEqual(['released']);
  });

  it('opens once while it is open, however often it starts, and again once it has ended', () => {
    const { occurrences } = matchHandoff(routing, [paid(0), paid(1), paid(2), assigned(3), paid(4)], LONG_AFTER);
    expect(occurrences).toMatchObject([
      { startedAt: 0, outcome: 'kept', repeated: 2 },
      { startedAt: 4, outcome: 'missed', repeated: 0 },
    ]);
  });

  it('opens anew by a start after the deadline, before anybody has looked at the first', () => {
    const { occurrences } = matchHandoff(routing, [paid(0), paid(WITHIN + 1), assigned(WITHIN + 2)], LONG_AFTER);
    expect(occurrences).toMatchObject([
      { startedAt: 0, outcome: 'missed' },
      { startedAt: WITHIN + 1, outcome: 'kept' },
    ]);
  });

  it('is recovered by the end that comes after all, once, and only where it was the latest', () => {
    const late = matchHandoff(routing, [paid(0), assigned(WITHIN + 5), assigned(WITHIN + 6)], LONG_AFTER);
    expect(late).toMatchObject({ occurrences: [{ outcome: 'missed', recoveredAt: WITHIN + 5 }], unmatched: 1 });
    const keptSince = [paid(0), paid(WITHIN + 1), assigned(WITHIN + 2), assigned(WITHIN + 3)];
    expect(matchHandoff(routing, keptSince, LONG_AFTER)).toMatchObject({
      occurrences: [{ outcome: 'missed', recoveredAt: null }, { outcome: 'kept' }],
      unmatched: 1,
    });
  });

  it('is said to be recovered only when no event may still arrive that says otherwise', () => {
    const events = [paid(0), assigned(WITHIN + 5)];
    const early = matchHandoff(routing, events, WITHIN + 5 + LATENESS);
    expect(early.occurrences).toMatchObject([{ outcome: 'missed', recoveredAt: null, final: true }]);
    expect(early.nextChangeAt).toBe(WITHIN + 5 + LATENESS + 1);
    const restarted = [...events, paid(WITHIN + 2, { receivedAt: WITHIN + 2 + LATENESS })];
    expect(matchHandoff(routing, restarted, LONG_AFTER).occurrences).toMatchObject([
      { outcome: 'missed', recoveredAt: null },
      { outcome: 'kept' },
    ]);
  });

  it('counts an end with nothing to end as unmatched', () => {
    expect(matchHandoff(routing, [assigned(0)], LONG_AFTER)).toEqual({
      occurrences: [],
      unmatched: 1,
      nextChangeAt: null,
    });
  });
});

describe('the order that events count in', () => {
  it('is that of their time, not of their arrival', () => {
    expect(outcomes([assigned(5, { receivedAt: 5 }), paid(0, { receivedAt: 50 })])).toEqual(['kept']);
  });

  it('is that of their sequence where their times are equal', () => {
    const events = [paid(0), assigned(7, { sequence: 1 }), paid(7, { sequence: 2 })];
    expect(outcomes(events)).toEqual(['kept', 'missed']);
    const turned = [paid(0), assigned(7, { sequence: 2 }), paid(7, { sequence: 1 })];
    expect(matchHandoff(routing, turned, LONG_AFTER).occurrences).toMatchObject([{ outcome: 'kept', repeated: 1 }]);
  });

  it('keeps a handoff that starts and ends in one moment, whichever of the two arrived first', () => {
    expect(outcomes([paid(7), assigned(7)])).toEqual(['kept']);
    expect(outcomes([assigned(7), paid(7)])).toEqual(['kept']);
  });

  it('lets an end count before a release and a repeated start of the same moment', () => {
    const moment = [paid(9), refunded(9), assigned(9)];
    expect(matchHandoff(routing, [paid(0), ...moment], LONG_AFTER).occurrences).toMatchObject([
      { startedAt: 0, outcome: 'kept', repeated: 0 },
      { startedAt: 9, outcome: 'released' },
    ]);
  });

  it('dates an event that came too late as late as it takes to change nothing that is final', () => {
    // Missed and final since WITHIN + LATENESS; the end said to be in time arrives an hour later.
    const arrival = WITHIN + 60 * MINUTE;
    const { occurrences, unmatched } = matchHandoff(
      routing,
      [paid(0), assigned(5, { receivedAt: arrival })],
      LONG_AFTER,
    );
    expect(occurrences).toMatchObject([{ outcome: 'missed', recoveredAt: arrival - LATENESS }]);
    expect(unmatched).toBe(0);
  });

  it('orders events that all came too late by their times', () => {
    const late = { receivedAt: 90 * MINUTE };
    expect(outcomes([assigned(5, late), paid(0, late)])).toEqual(['kept']);
    expect(outcomes([paid(5, late), assigned(0, late)])).toEqual(['missed']);
  });
});
