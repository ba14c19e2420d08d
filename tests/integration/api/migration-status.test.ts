import { newCohortRun, type CohortRun } from '../../../domain/phase/cohort-run';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { MigrationStatus } from '../../../domain/status/migration-status';
import { PAYMENT_PLAN } from './payment-plan';
import { NOWHERE, startTestApi, type TestApi } from './running-api';

let api: TestApi;
beforeAll(async () => {
  // Temporal is away: whatever is answered here comes from Postgres.
  api = await startTestApi({ temporalAddress: NOWHERE });
  const { plan, hash } = loadPlan(PAYMENT_PLAN);
  await api.db.query('INSERT INTO plan (hash, document, source) VALUES ($1, $2, $3)', [
    hash,
    JSON.stringify(plan),
    PAYMENT_PLAN,
  ]);
  for (const id of ['seen', 'other']) {
    await api.db.query(
      `INSERT INTO migration (id, plan_hash, salt, time_scale, state, started_by, started_at)
       VALUES ($1, $2, 'salt', 2, 'live', 'release-manager-1', clock_timestamp() - CASE $1 WHEN 'seen' THEN interval '1 hour' ELSE interval '2 hours' END)`,
      [id, hash],
    );
  }
});
afterAll(() => api.stop());

async function statusOf(id: string): Promise<MigrationStatus> {
  const answer = await api.as('clinical-lead-1').get(`/v1/migrations/${id}`);
  expect(answer.status).toBe(200);
  return answer.body as MigrationStatus;
}

const cohortOf = (status: MigrationStatus, id: string): MigrationStatus['phases'][number]['cohorts'][number] => {
  const found = status.phases[0]?.cohorts.find(({ cohort }) => cohort === id);
  if (found === undefined) throw new Error('There is no such cohort.');
  return found;
};

describe('GET /v1/migrations/{id}', () => {
  it('shows every phase, cohort, handoff and queue of the plan before anything happened', async () => {
    const status = await statusOf('other');
    expect(status).toMatchObject({
      migration: 'other',
      planTitle: 'Payment moves to the new billing stack',
      state: 'live',
      timeScale: 2,
      startedBy: 'release-manager-1',
      events: { stored: 0, matched: 0, unlistened: 0, pending: 0 },
    });
    expect(status.phases[0]).toMatchObject({
      phase: 'payment',
      kind: 'payment',
      unit: 'episode',
      flagKey: 'other.payment',
    });
    // Watch times as they pass: 24 hours at twice the speed.
    expect(status.phases[0]?.ramp[0]).toEqual({ share: 10_000, perDay: null, maxOpen: null, watchMs: 43_200_000 });
    expect(status.phases[0]?.cohorts).toEqual(
      ['pilot-states', 'everyone-else'].map((cohort) => ({
        cohort,
        ramp: null,
        staysOnLegacy: null,
        run: null,
        split: null,
        gates: [],
        placements: { legacy: 0, target: 0 },
      })),
    );
    expect(status.handoffs.map(({ handoff }) => handoff)).toEqual([
      'payment-to-provider-routing',
      'payment-to-next-step-message',
    ]);
    expect(status.queues[0]).toEqual({
      queue: 'payment-not-routed',
      owner: 'care-coordination',
      slaMs: 3_600_000,
      assigned: 0,
      oldestAgeMs: null,
      leaks: null,
      medianAgeMs: null,
      p90AgeMs: null,
      inflow: { hour: 0, day: 0 },
      outflow: { hour: 0, day: 0 },
      open: 0,
      overdue: 0,
      snoozed: 0,
      recovered: 0,
      resolved: 0,
      oldestOpenedAt: null,
    });
  });

  it('shows where a cohort stands: its run, its split, whether anyone attends to it, and the newest finding of each gate', async () => {
    const run: CohortRun = {
      ...newCohortRun('pilot-states', '2026-03-02T10:00:00.000Z'),
      status: 'watching',
      step: 0,
      epoch: 3,
      share: 10_000,
    };
    await api.db.query(
      `INSERT INTO cohort_run (migration, phase, cohort, revision, run) VALUES ('seen', 'payment', 'pilot-states', 4, $1)`,
      [JSON.stringify(run)],
    );
    await api.db.query(
      `INSERT INTO split (migration, phase, cohort, share, epoch, mode, lease_ms, lease_until, attempt_epoch) VALUES
         ('seen', 'payment', 'pilot-states', 10000, 3, 'open', 60000, clock_timestamp() + interval '1 minute', 2),
         ('seen', 'payment', 'everyone-else', 10000, 5, 'open', 60000, clock_timestamp() - interval '1 second', 2)`,
    );
    await api.db.query(
      `INSERT INTO gate_evidence (migration, phase, cohort, gate, epoch, verdict, evidence, since, evaluated_at) VALUES
         ('seen', 'payment', 'pilot-states', 'routing-floor', 2, 'limitCrossed', '{"message":"kept 0.1 < 0.9 (n=20)"}', now(), now()),
         ('seen', 'payment', 'pilot-states', 'routing-floor', 3, 'pass', '{"message":"kept 0.98 >= 0.90 (n=51)"}', now(), now())`,
    );
    const status = await statusOf('seen');
    const pilot = cohortOf(status, 'pilot-states');
    expect(pilot.run).toEqual(run);
    expect(pilot.split).toMatchObject({ share: 10_000, perDay: null, epoch: 3, mode: 'open', lapsed: false });
    expect(pilot.gates).toHaveLength(1);
    expect(pilot.gates[0]).toMatchObject({
      gate: 'routing-floor',
      epoch: 3,
      verdict: 'pass',
      message: 'kept 0.98 >= 0.90 (n=51)',
    });
    expect(cohortOf(status, 'everyone-else')).toMatchObject({ run: null, split: { epoch: 5, lapsed: true } });
  });

  it('counts placements, outcomes by side, cases and events of this migration and of no other', async () => {
    for (const [migration, times] of [
      ['seen', 1],
      ['other', 3],
    ] as const) {
      for (let index = 0; index < times; index += 1) await seedFacts(migration, `${migration}-${index}`);
    }
    const status = await statusOf('seen');
    expect(cohortOf(status, 'pilot-states').placements).toEqual({ legacy: 2, target: 1 });
    expect(status.handoffs[0]).toEqual({
      handoff: 'payment-to-provider-routing',
      phase: 'payment',
      byLane: [
        { lane: 'legacy→legacy', open: 0, kept: 2, missed: 0, released: 0 },
        { lane: 'target→target', open: 1, kept: 0, missed: 1, released: 0 },
        { lane: 'unplaced→legacy', open: 0, kept: 0, missed: 0, released: 1 },
      ],
      bySide: {
        legacy: { open: 0, kept: 2, missed: 0, released: 0 },
        target: { open: 1, kept: 0, missed: 1, released: 0 },
        unplaced: { open: 0, kept: 0, missed: 0, released: 1 },
      },
      repeated: 2,
      recovered: 1,
      unmatched: 4,
      secondEnds: 0,
    });
    expect(status.queues[0]).toMatchObject({ open: 2, overdue: 1, recovered: 0, resolved: 1 });
    expect(status.queues[0]?.oldestOpenedAt).toMatch(/^\d{4}-/);
    expect(status.events).toEqual({ stored: 3, matched: 1, unlistened: 1, pending: 1 });
    expect((await statusOf('other')).events.stored).toBe(9);
  });

  it('counts every one of 10,000 open cases and 50,000 outcomes', async () => {
    await api.db.query(
      `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at)
       SELECT 'seen', 'many:' || n, 'next-step-not-sent', 'epi_' || n, 'pat_' || n, 'care-coordination', now() FROM generate_series(1, 10000) n`,
    );
    await api.db.query(
      `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, to_side, epoch, started_at, deadline_at, outcome, final)
       SELECT 'seen', 'payment-to-next-step-message', 'epi_' || n, 0, 'pat_' || n, 'payment', 'pilot-states', 'legacy', 'legacy', 3, now(), now(), 'kept', true
         FROM generate_series(1, 50000) n`,
    );
    const status = await statusOf('seen');
    expect(status.queues[1]?.open).toBe(10_000);
    expect(status.handoffs[1]?.bySide.legacy.kept).toBe(50_000);
  });
});

describe('GET /v1/migrations', () => {
  it('lists every migration, the newest first', async () => {
    const answer = await api.as('clinical-lead-1').get('/v1/migrations');
    const { migrations } = answer.body as { migrations: { migration: string; state: string }[] };
    expect(migrations.map(({ migration, state }) => [migration, state])).toEqual([
      ['seen', 'live'],
      ['other', 'live'],
    ]);
  });
});

/** Three placements, five outcomes, three cases and three events. */
async function seedFacts(migration: string, tag: string): Promise<void> {
  const { db } = api;
  await db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
     SELECT $1, 'payment', $2 || side || n, 'pilot-states', side, 3 FROM (VALUES ('legacy', 1), ('legacy', 2), ('target', 1)) AS v (side, n)`,
    [migration, tag],
  );
  await db.query(
    `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, to_side, epoch, started_at, deadline_at,
       outcome, final, recovered_at, repeated)
     SELECT $1, 'payment-to-provider-routing', $2 || n, 0, 'pat', 'payment', 'pilot-states', side, coalesce(side, 'legacy'), 3, now(), now(), outcome, outcome IS NOT NULL,
            CASE WHEN outcome = 'missed' THEN now() END, repeated
       FROM (VALUES (1, 'legacy', 'kept', 2), (2, 'legacy', 'kept', 0), (3, 'target', 'missed', 0), (4, 'target', NULL, 0), (5, NULL, 'released', 0))
         AS v (n, side, outcome, repeated)`,
    [migration, tag],
  );
  await db.query(
    `INSERT INTO handoff_unmatched (migration, handoff, journey, count) VALUES ($1, 'payment-to-provider-routing', $2, 4)`,
    [migration, tag],
  );
  await db.query(
    `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at, state, resolved_at, resolved_by, evidence)
     SELECT $1, $2 || n, 'payment-not-routed', $2, 'pat', 'care-coordination', now() + due, state, done, CASE WHEN done IS NOT NULL THEN 'engineer-1' END,
            CASE WHEN done IS NOT NULL THEN '[{"step": 1, "reference": "charge-1"}]'::jsonb END
       FROM (VALUES (1, interval '-1 minute', 'open', NULL), (2, interval '1 hour', 'open', NULL), (3, interval '-1 hour', 'resolved', now())) AS v (n, due, state, done)`,
    [migration, tag],
  );
  await db.query(
    `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at, disposition)
     SELECT $1, '/legacy/site', $2 || n, 'payment.succeeded', $2, 'pat', '{}', now(), 0, now(), '{}', now(), disposition
       FROM (VALUES (1, 'matched'), (2, 'unlistened'), (3, NULL)) AS v (n, disposition)`,
    [migration, tag],
  );
}
