import type { CohortRun } from '../../../domain/phase/cohort-run';
import type { CohortStanding, MigrationStatus } from '../../../domain/status/migration-status';

const RUN: CohortRun = {
  cohort: 'everyone',
  status: 'watching',
  step: 1,
  epoch: 4,
  share: 25_000,
  parkAt: 0,
  attempt: 1,
  series: 1,
  revision: 9,
  changedAt: '2026-03-02T10:00:00.000Z',
};

/** A status with one phase and one cohort, as it stands at the second step of its ramp. */
export function statusWith(
  change: { run?: Partial<CohortRun> | null; standing?: Partial<CohortStanding> } = {},
): MigrationStatus {
  const standing: CohortStanding = {
    cohort: 'everyone',
    ramp: null,
    staysOnLegacy: null,
    run: change.run === null ? null : { ...RUN, ...change.run },
    split: {
      share: 25_000,
      perDay: null,
      epoch: 4,
      mode: 'open',
      leaseUntil: '2026-03-02T10:01:00.000Z',
      lapsed: false,
    },
    gates: [
      {
        gate: 'routing-floor',
        verdict: 'pass',
        message: 'kept 0.98 >= 0.95 (n=212)',
        epoch: 4,
        since: '2026-03-02T09:00:00.000Z',
        evaluatedAt: '2026-03-02T10:00:00.000Z',
        evidence: {},
      },
    ],
    placements: { legacy: 120, target: 38 },
    ...change.standing,
  };
  return {
    migration: 'payment',
    planHash: 'abcdef0123456789'.repeat(4),
    planTitle: 'Payment moves',
    state: 'live',
    timeScale: 1,
    startedAt: '2026-03-01T10:00:00.000Z',
    startedBy: 'release-manager-1',
    progress: { status: 'running', phase: 'payment', dwellUntil: null },
    held: null,
    phases: [
      {
        phase: 'payment',
        kind: 'payment',
        unit: 'episode',
        workflowId: 'payment.payment',
        flagKey: 'payment.payment',
        ramp: [
          { share: 10_000, perDay: null, maxOpen: null, watchMs: 86_400_000 },
          { share: 25_000, perDay: null, maxOpen: null, watchMs: 172_800_000 },
          { share: null, perDay: 40, maxOpen: null, watchMs: 3_600_000 },
        ],
        cohorts: [standing],
      },
    ],
    handoffs: [
      {
        handoff: 'payment-to-routing',
        phase: 'payment',
        bySide: {
          legacy: { open: 2, kept: 97, missed: 3, released: 1 },
          target: { open: 0, kept: 38, missed: 0, released: 0 },
          unplaced: { open: 0, kept: 0, missed: 0, released: 0 },
        },
        byLane: [
          { lane: 'legacy→legacy', open: 2, kept: 97, missed: 3, released: 1 },
          { lane: 'target→target', open: 0, kept: 31, missed: 0, released: 0 },
          { lane: 'target→legacy', open: 0, kept: 7, missed: 0, released: 0 },
        ],
        repeated: 0,
        recovered: 1,
        unmatched: 4,
        secondEnds: 0,
      },
    ],
    queues: [
      {
        queue: 'payment-not-routed',
        owner: 'care-coordination',
        slaMs: 7_200_000,
        open: 3,
        overdue: 1,
        assigned: 2,
        snoozed: 0,
        recovered: 1,
        resolved: 0,
        oldestOpenedAt: '2026-03-02T08:00:00.000Z',
        oldestAgeMs: 5_400_000,
        leaks: null,
        medianAgeMs: 1_800_000,
        p90AgeMs: 4_800_000,
        inflow: { hour: 1, day: 3 },
        outflow: { hour: 0, day: 2 },
      },
    ],
    events: { stored: 500, matched: 420, unlistened: 78, pending: 2 },
    wrongSide: [],
    limbo: [],
    accepts: { keys: { patient: 'pat', episode: 'ep' }, events: { 'payment.succeeded': ['program'] } },
  };
}
