import { createPaint } from '../../../cli/screens/paint';
import { statusScreen } from '../../../cli/screens/status-screen';
import type { ApprovalRequest } from '../../../domain/phase/cohort-run';
import type { WrongSideTally } from '../../../domain/status/wrong-side';
import { statusWith } from './status-fixture';

const PLAIN = createPaint(false);
const screen = (...change: Parameters<typeof statusWith>): string => statusScreen(statusWith(...change), PLAIN);

const REQUEST: ApprovalRequest = {
  kind: 'commit',
  planHash: 'abcdef',
  evidenceHash: 'e4a9c1',
  needs: { count: 2, roles: ['release-manager', 'clinical-lead'], fourEyes: true },
  given: [{ actor: 'clinical-lead-1', verified: true, at: '2026-03-02T10:00:00.000Z' }],
  askedAt: '2026-03-02T09:00:00.000Z',
  escalateAt: '2026-03-03T09:00:00.000Z',
  escalated: false,
};

describe('what handoff status shows', () => {
  it('says where each cohort is: step, share, epoch, who was placed where', () => {
    expect(screen()).toMatch(/everyone +watching +2 of 3: 25% for 2d +25% +attended +4 +120 +38/);
  });

  it('R37 shows who overrides a gate, and why', () => {
    const [gate] = statusWith().phases[0]?.cohorts[0]?.gates ?? [];
    if (gate === undefined) throw new Error('The fixture has no gate.');
    const override = { askedBy: 'one', confirmedBy: 'two', reason: 'counted by hand' };
    const gates = [{ ...gate, verdict: 'insufficient' as const, message: '9 of 20', override }];
    expect(screen({ standing: { gates } })).toContain(
      'too few        9 of 20; overridden by one and two: counted by hand',
    );
  });

  it('shows both numbers of each gate', () => {
    expect(screen()).toContain('everyone gate routing-floor  pass           kept 0.98 >= 0.95 (n=212)');
  });

  it("says 'unattended' where nobody renewed the split, and never 'lease'", () => {
    const split = { share: 25_000, perDay: null, epoch: 4, mode: 'open' as const, leaseUntil: null, lapsed: true };
    const shown = screen({ standing: { split } });
    expect(shown).toContain('unattended: to legacy');
    expect(shown).not.toMatch(/\blease/i);
  });

  it('says what is waited for, who may give it, who gave it, and on which evidence', () => {
    const shown = screen({ run: { status: 'awaitingCommit', request: REQUEST } });
    expect(shown).toContain(
      'everyone waits for the commit (the point of no return): 1 of 2 approvals (clinical-lead-1)',
    );
    expect(shown).toContain('from release-manager or clinical-lead, not from whoever started it');
    expect(shown).toContain('evidence e4a9c1  epoch 4');
  });

  it('marks a decision that nobody took in time', () => {
    expect(screen({ run: { status: 'awaitingCommit', request: { ...REQUEST, escalated: true } } })).toContain(
      '(overdue)',
    );
  });

  it('shows outcomes by side, with the kept rate over those that could have been kept', () => {
    const shown = screen();
    expect(shown).toMatch(/payment-to-routing +payment +97\.0% +97\/3\/1 \+2 +100\.0% +38\/0\/0 +– +1 +4/);
  });

  it('shows the bridges between the sides apart, and no other lane', () => {
    const shown = screen();
    expect(shown).toMatch(/payment-to-routing +target→legacy +100\.0% +7\/0\/0/);
    expect(shown).not.toContain('target→target');
  });

  it('shows each queue with its owner and what is overdue, and accounts for every event', () => {
    const shown = screen();
    expect(shown).toMatch(/payment-not-routed +care-coordination +2h +3 +1 +1 +0 +2 +3 in, 2 out +1h 20m +1h 30m/);
    expect(shown).toContain('500 stored = 420 matched + 78 nothing listens to + 2 pending');
  });

  it('says on one line what came from the wrong side, and nothing where nothing did', () => {
    expect(screen()).not.toContain('is not on');
    const tally = (type: string, events: number): WrongSideTally => ({
      ...{ phase: 'payment', system: 'legacy-billing', side: 'legacy' as const, type, events },
      ...{ units: 1, latestAt: '2026-03-02T10:00:00.000Z' },
    });
    const wrongSide = [tally('a.b', 5), tally('c.d', 1), tally('e.f', 1), tally('g.h', 1)];
    expect(statusScreen({ ...statusWith(), wrongSide }, PLAIN)).toContain(
      '8 events from the side that the patient is not on: payment: a.b from legacy-billing (legacy) 5; payment: c.d from legacy-billing (legacy) 1; payment: e.f from legacy-billing (legacy) 1; and 1 more',
    );
  });

  it('shows a phase that has not begun', () => {
    expect(screen({ run: null, standing: { split: null, gates: [] } })).toMatch(/everyone +not begun/);
  });

  it('lists what a rollback could not do', () => {
    const rollback = {
      id: 'r',
      scope: 'phase' as const,
      by: 'gate:routing-floor',
      because: 'kept 0.41 < 0.95 (n=40)',
      startedAt: '',
      shareBefore: 25_000,
      failures: ['Send the notice by hand.'],
    };
    const shown = screen({ run: { status: 'rolledBack', rollback } });
    expect(shown).toContain('rollback of the phase by gate:routing-floor: kept 0.41 < 0.95 (n=40)');
    expect(shown).toContain('not done: Send the notice by hand.');
  });

  it('writes colours only where they are wanted', () => {
    const escape = '\u001b[';
    expect(screen()).not.toContain(escape);
    expect(statusScreen(statusWith(), createPaint(true))).toContain(escape);
  });
});
