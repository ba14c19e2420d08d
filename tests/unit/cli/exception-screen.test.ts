import { exceptionScreen } from '../../../cli/screens/exception-screen';
import type { ExceptionEntry, ExceptionRedrive } from '../../../domain/status/exception-page';

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
  ...{ resolvedAt: null, resolvedBy: null, redrive: null, steps: [] },
};

function shown(more: Partial<ExceptionEntry>, redrives: ExceptionRedrive[] = []): string {
  const lists = { merged: [], again: [], held: [], givenUp: 0, actions: [], redrives, marks: [] };
  return exceptionScreen({ exception: { ...CASE, ...more }, ...lists });
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

describe("R30 'handoff queue show'", () => {
  const REDRIVE: ExceptionRedrive = {
    ...{
      id: '3',
      cause: 'handoff:1',
      command: 'review.assign',
      system: 'chart',
      side: 'target',
      state: 'waiting',
      tries: 2,
    },
    ...{ reason: 'never-arrived', askedBy: 'support-lead-1', askedAt: '2027-11-02T15:20:00.000Z' },
    ...{ why: 'answered', status: 503, nextTryAt: '2027-11-02T15:20:15.000Z', endedAt: null },
  };

  it('says which command was sent again to whom, and what became of it', () => {
    const ended = { nextTryAt: null, endedAt: '2027-11-02T15:21:00.000Z' };
    expect(
      shown({}, [
        REDRIVE,
        { ...REDRIVE, ...ended, state: 'refused', status: 422 },
        { ...REDRIVE, ...ended, state: 'failed', tries: 10, why: 'timedOut', status: null },
        { ...REDRIVE, ...ended, state: 'dropped', tries: 0, why: 'recovered', status: null },
        { ...REDRIVE, ...ended, state: 'sent', tries: 1, why: null, status: 202 },
      ]),
    ).toContain(
      [
        'review.assign to chart: tried 2 times, the last answered 503; tried again at 2027-11-02T15:20:15.000Z',
        'review.assign to chart: refused at 2027-11-02T15:21:00.000Z, it answered 422',
        'review.assign to chart: failed at 2027-11-02T15:21:00.000Z after 10 tries, it did not answer in time',
        'review.assign to chart: dropped at 2027-11-02T15:21:00.000Z, what was missing had come',
        'review.assign to chart: taken at 2027-11-02T15:21:00.000Z; the case recovers when the end comes',
      ].join('\n'),
    );
  });

  it('says that one is yet to be sent', () => {
    expect(shown({}, [{ ...REDRIVE, tries: 0, why: null, status: null }])).toContain(
      'review.assign to chart: to be sent',
    );
  });
});
