import { exceptionScreen } from '../../../cli/screens/exception-screen';
import type { ExceptionEntry } from '../../../domain/status/exception-page';

const END = {
  source: '/legacy/crm',
  id: 'evt-7',
  type: 'review.assigned',
  at: '2027-11-02T15:00:00.000Z',
};

const CASE: ExceptionEntry = {
  ...{ id: '7', queue: 'payment-not-routed', owner: 'care-coordination', assignedTo: null, state: 'open' },
  ...{ kind: 'handoff', cause: 'handoff:12', handoff: 'payment-to-provider-routing', phase: 'payment', cohort: null },
  ...{ side: 'legacy', lane: 'legacy→legacy', journey: 'ep_1', subject: 'pat_1', occurrences: 1, reopened: 0 },
  ...{ openedAt: '2027-11-02T15:10:00.000Z', dueAt: '2027-11-02T15:40:00.000Z', overdue: false },
  ...{ recoveredAt: null, recoveredBy: null, why: null, snoozed: null, acceptance: null, mergedInto: null },
  ...{ resolvedAt: null, resolvedBy: null, steps: [] },
};

function shown(more: Partial<ExceptionEntry>): string {
  return exceptionScreen({ exception: { ...CASE, ...more }, merged: [], again: [], actions: [], marks: [] });
}

describe("R50 'handoff queue show'", () => {
  it('says which condition the end did not meet, and which event that was', () => {
    expect(shown({ why: { failed: { condition: 'licensed', end: END } } })).toContain(
      'not met    licensed, by review.assigned evt-7 of /legacy/crm at 2027-11-02T15:00:00.000Z',
    );
  });

  it('says which ends lacked, and which came once more', () => {
    expect(shown({ why: { lacking: ['sms', 'voice'] } })).toContain('lacking    sms, voice');
    expect(shown({ kind: 'secondEnd', why: { secondEnd: END } })).toContain('once more  review.assigned evt-7');
  });

  it('says by which event it was recovered', () => {
    expect(shown({ recoveredAt: END.at, recoveredBy: END })).toContain(
      `recovered  ${END.at} by review.assigned evt-7 of /legacy/crm`,
    );
  });

  it('says nothing of why where nothing came', () => {
    expect(shown({})).not.toMatch(/not met|lacking|once more|recovered/);
  });
});
