import { matchHandoff, type JourneyEvent } from '../../../domain/handoffs/match-handoffs';
import { maturesAt } from '../../../domain/handoffs/matures-at';
import type { HandoffRule } from '../../../domain/handoffs/handoff-rule';

const LATENESS = 60;
const rule: HandoffRule = {
  ...{ id: 'paid-to-routed', phase: 'payment', endPhase: 'payment', queue: 'not-routed' },
  ...{ start: 'paid', ends: new Set(['routed']), unless: new Set(['refunded']), within: 1_000, lateness: LATENESS },
  pauses: [{ from: 'asked', until: 'answered' }],
};

/** When the one handoff that these events start may be counted, as seen at `now`. */
function seenAt(now: number, ...happened: [time: number, type: string][]): number | null {
  const events = happened.map(([time, type], index): JourneyEvent => ({
    ...{ type, time, receivedAt: time, sequence: index, identity: `evt-${index}` },
  }));
  const [occurrence] = matchHandoff(rule, events, now).occurrences;
  if (occurrence === undefined) throw new Error('Nothing started.');
  return maturesAt(occurrence, rule.lateness);
}

describe('when an outcome may be counted for a gate', () => {
  it('is one moment for the kept, the missed and the released one of one start: when a missed one is final', () => {
    expect(seenAt(1_060, [0, 'paid'])).toBeNull();
    expect(seenAt(1_061, [0, 'paid'])).toBe(1_061);
    expect(seenAt(200, [0, 'paid'], [100, 'routed'])).toBe(1_061);
    expect(seenAt(200, [0, 'paid'], [100, 'refunded'])).toBe(1_061);
  });

  it('is not known before it is final', () => {
    expect(seenAt(160, [0, 'paid'], [100, 'routed'])).toBeNull();
    expect(seenAt(161, [0, 'paid'], [100, 'routed'])).toBe(1_061);
  });

  it('moves with the deadline, and is never before one that ended while its clock stood still is final', () => {
    expect(seenAt(900, [0, 'paid'], [100, 'asked'], [400, 'answered'], [500, 'routed'])).toBe(1_361);
    expect(seenAt(9_999, [0, 'paid'], [100, 'asked'], [5_000, 'routed'])).toBe(5_061);
  });
});
