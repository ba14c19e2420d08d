import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonChecks, paymentChecks, recordedChecks } from '../../../cli/rehearse/checks';
import { rollbackFacts, type Facts } from '../../../cli/rehearse/gather-facts';
import type { Recount } from '../../../cli/rehearse/recount-log';
import type { Check } from '../../../cli/rehearse/rehearsal-report';
import { setUpRehearsal, type RehearsalSetup } from '../../../cli/rehearse/rehearsal-setup';
import type { AuditEntry } from '../../../domain/status/audit-page';
import type { ExceptionEntry } from '../../../domain/status/exception-page';
import type { HandoffTally } from '../../../domain/status/migration-status';

const ROUTING = 'payment-to-provider-routing';
let setup: RehearsalSetup;
beforeAll(async () => {
  const planText = readFileSync(join(__dirname, '..', '..', '..', 'examples', 'payment.yaml'), 'utf8');
  setup = await setUpRehearsal({ planText, fault: 'drop', bySignal: false, seed: '1' });
});

function tally(missed: number): HandoffTally {
  const none = { open: 0, kept: 0, missed: 0, released: 0 };
  const bySide = { legacy: { ...none, kept: 90 }, target: { ...none, kept: 20, missed }, unplaced: none };
  return { handoff: ROUTING, phase: 'payment', bySide, repeated: 0, recovered: 0, unmatched: 0 };
}

function exception(journey: string): ExceptionEntry {
  return {
    journey,
    cause: `handoff:${journey}`,
    queue: 'payment-not-routed',
    handoff: ROUTING,
    side: 'target',
    state: 'open',
  } as ExceptionEntry;
}

/** What a rehearsal finds where all is well: two patients dropped. */
function good(): Facts {
  const cohort = { cohort: 'all-arrivals', run: { status: 'committed' }, split: { mode: 'committed' } };
  return {
    status: { handoffs: [tally(2)], phases: [{ phase: 'payment', cohorts: [cohort] }] } as unknown as Facts['status'],
    run: { patients: { arrived: 112, bySide: { legacy: 90, target: 22 } } } as Facts['run'],
    events: {
      sent: { legacy: 270, target: 64 },
      acknowledged: 334,
      refused: 0,
      slowest: 300,
      lost: 2,
      stored: 334,
      matched: 330,
      unlistened: 4,
      pending: 0,
    },
    placed: { legacy: 90, target: 22 },
    exceptions: [exception('ep_1'), exception('ep_2')],
    lost: [
      { journey: 'ep_2', sequence: 11 },
      { journey: 'ep_1', sequence: 11 },
    ],
    rollback: {
      by: 'gate:routing-floor',
      because: 'kept 0.9 < 0.95 (n=20)',
      outcomeFinalAt: 'a',
      splitDownAt: 'b',
      took: 700,
    },
    rollbacks: 1,
  };
}

function judge(change: (facts: Facts) => void = () => undefined): Check[] {
  const facts = good();
  change(facts);
  return [...commonChecks(setup, facts), ...paymentChecks(setup, facts)];
}

describe('a rehearsal’s own checks', () => {
  it('all hold where all is well', () => {
    expect(judge().filter(({ ok }) => !ok)).toEqual([]);
    expect(judge().length).toBeGreaterThanOrEqual(8);
  });

  it.each<[string, (facts: Facts) => void, string]>([
    ['an event is lost on the way', (facts) => (facts.events.stored -= 1), 'every event sent'],
    ['an event is stored twice', (facts) => (facts.events.stored += 1), 'every event sent'],
    [
      'an event is left unmatched',
      (facts) => Object.assign(facts.events, { matched: 329, pending: 1 }),
      'every event sent',
    ],
    ['an event is refused', (facts) => (facts.events.refused = 1), 'every event sent'],
    ['an event comes too late', (facts) => (facts.events.slowest = 60_000), 'no event arrived later'],
    ['a side was told and not written down', (facts) => (facts.placed.target -= 1), 'every side'],
    ['a missed handoff has no exception', (facts) => facts.exceptions.pop(), 'every missed handoff'],
    [
      'somebody else has an exception',
      (facts) => facts.exceptions.splice(1, 1, exception('ep_3')),
      'the exceptions are',
    ],
    ['one patient has two', (facts) => facts.exceptions.splice(1, 1, exception('ep_1')), 'the exceptions are'],
    [
      'nothing was dropped after all',
      (facts) => Object.assign(facts, { lost: [], exceptions: [] }),
      'the exceptions are',
    ],
    ['nothing was rolled back', (facts) => (facts.rollback = undefined), 'the gate rolled'],
    [
      'another gate rolled it back',
      (facts) => Object.assign(facts.rollback ?? {}, { by: 'gate:next-step-floor' }),
      'the gate rolled',
    ],
    ['it was rolled back twice', (facts) => (facts.rollbacks = 2), 'the gate rolled'],
    ['the split came down late', (facts) => Object.assign(facts.rollback ?? {}, { took: 5_001 }), 'the split was down'],
    [
      'the commit never came',
      (facts) => Object.assign(facts.status.phases[0]?.cohorts[0]?.run ?? {}, { status: 'awaitingCommit' }),
      'the phase is committed',
    ],
  ])('say so where %s', (_, change, check) => {
    const failed = judge(change).filter(({ ok }) => !ok);
    expect(failed.map((each) => each.check).some((each) => each.startsWith(check))).toBe(true);
  });

  it('say so where a recorded case has an outcome that its log does not', () => {
    const facts = good();
    const recount = (counts: Partial<Recount>): Map<string, Recount> =>
      new Map([[ROUTING, { kept: 110, missed: 2, released: 0, missedBy: new Set(['ep_1', 'ep_2']), ...counts }]]);
    const failed = (found: ReadonlyMap<string, Recount>): string[] =>
      recordedChecks(setup, facts, found)
        .filter(({ ok }) => !ok)
        .map(({ check }) => check);
    expect(failed(recount({}))).not.toContain('every handoff came to what a recount of the log says');
    for (const different of [{ kept: 109 }, { missed: 3 }, { released: 1 }]) {
      expect(failed(recount(different))).toContain('every handoff came to what a recount of the log says');
    }
    const exact =
      'the exceptions of the broken handoff are the cases that missed it by the log and the fault, one each, none else';
    expect(failed(recount({}))).not.toContain(exact);
    expect(failed(recount({ missedBy: new Set(['ep_1', 'ep_9']) }))).toContain(exact);
  });
});

describe('the time to the split down', () => {
  const entry = (id: number, action: string, at: string, evidence: unknown = null): AuditEntry =>
    ({ id, action, at, evidence, actor: 'gate:routing-floor', reason: 'kept 0.9 < 0.95 (n=20)' }) as AuditEntry;

  it('is from the newest outcome behind the gate’s verdict to the split’s own entry', () => {
    const audit = [
      entry(1, 'split.rollback', '2026-01-01T00:00:00.000Z'),
      // Traffic first: the split may be down before the verdict is written.
      entry(2, 'split.rollback', '2026-01-01T00:00:11.000Z'),
      entry(3, 'gate.limitCrossed', '2026-01-01T00:00:11.200Z', { newestAt: '2026-01-01T00:00:10.100Z' }),
      entry(4, 'split.rollback', '2026-01-01T00:00:19.000Z'),
    ];
    expect(rollbackFacts(audit)).toMatchObject({ by: 'gate:routing-floor', took: 900 });
  });

  it('is not known, and nothing is claimed, where the log lacks either', () => {
    expect(rollbackFacts([entry(3, 'split.rollback', '2026-01-01T00:00:11.000Z')])).toBeUndefined();
    expect(rollbackFacts([entry(2, 'gate.limitCrossed', '2026-01-01T00:00:10.900Z', {})])).toBeUndefined();
  });
});
