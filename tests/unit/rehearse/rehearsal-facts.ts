import type { Facts } from '../../../cli/rehearse/gather-facts';
import type { AuditEntry } from '../../../domain/status/audit-page';
import type { ExceptionEntry } from '../../../domain/status/exception-page';
import type { HandoffTally } from '../../../domain/status/migration-status';

export const ROUTING = 'payment-to-provider-routing';

export function tally(handoff: string, missed: number): HandoffTally {
  const none = { open: 0, kept: 0, missed: 0, released: 0 };
  const bySide = { legacy: { ...none, kept: 90 }, target: { ...none, kept: 20, missed }, unplaced: none };
  return { handoff, phase: 'payment', bySide, byLane: [], repeated: 0, recovered: 0, unmatched: 0, secondEnds: 0 };
}

export function exception(journey: string, more: Partial<ExceptionEntry> = {}): ExceptionEntry {
  return {
    id: `exception ${journey}`,
    journey,
    cause: `handoff:${journey}`,
    queue: 'payment-not-routed',
    owner: 'care-coordination',
    openedAt: '2026-01-01T00:10:00.000Z',
    dueAt: '2026-01-01T00:10:00.500Z',
    phase: 'payment',
    cohort: 'all-arrivals',
    handoff: ROUTING,
    side: 'target',
    state: 'open',
    occurrences: 1,
    steps: [],
    resolvedBy: null,
    ...more,
  } as ExceptionEntry;
}

let entries = 0;

/** A line of an audit log; `at` is seconds after the start. */
export function line(action: string, at: number, more: Partial<AuditEntry> = {}): AuditEntry {
  entries += 1;
  return {
    id: entries,
    action,
    at: moment(at),
    phase: 'payment',
    cohort: 'all-arrivals',
    actor: 'system:phase-engine',
    verified: true,
    reason: null,
    planHash: null,
    evidence: null,
    ...more,
  };
}

export function moment(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
}

/** Somebody who was told a side in a phase, and another one later where two are given. */
export function told(journey: string, phase: string, ...sides: ('legacy' | 'target')[]): Facts['told'][number] {
  return { journey, phase, unit: `unit of ${journey}`, sides: sides.map((side) => ({ side, since: moment(0) })) };
}

/** What a rehearsal of examples/payment.yaml finds where all is well: two patients dropped, rolled back, committed in the end. */
export function goodPayment(): Facts {
  const cohort = { cohort: 'all-arrivals', run: { status: 'committed' }, split: { mode: 'committed', share: 100_000 } };
  return {
    status: {
      startedBy: 'release-manager-1',
      handoffs: [tally(ROUTING, 2)],
      wrongSide: [],
      queues: [],
      phases: [{ phase: 'payment', cohorts: [cohort] }],
    } as unknown as Facts['status'],
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
    emitted: {},
    placed: { payment: { legacy: 1, target: 2 } },
    told: [told('ep_1', 'payment', 'target'), told('ep_2', 'payment', 'target'), told('ep_3', 'payment', 'legacy')],
    exceptions: [exception('ep_1'), exception('ep_2')],
    lost: [
      { journey: 'ep_2', type: 'review.assigned', sequence: 11 },
      { journey: 'ep_1', type: 'review.assigned', sequence: 11 },
    ],
    audit: [
      line('gate.limitCrossed', 20.1, {
        actor: 'gate:routing-floor',
        reason: 'kept 0.9 < 0.95 (n=20)',
        evidence: { newestAt: moment(20) },
      }),
      line('split.rollback', 20.7),
    ],
  };
}
