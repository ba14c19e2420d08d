import { previewRollback } from '../../activities/rollback/preview-rollback';
import type { Plan, RollbackScope } from '../../domain/plan/plan-schema';
import { until } from '../setup/until';
import { RunningEngine, small, type RunningMigration } from './running-engine';

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
});

afterAll(async () => {
  await engine.stop();
});

const COHORTS = ['pilot', 'others'] as const;

function twoCohorts(plan: Plan): void {
  small(plan);
  const [phase] = plan.phases;
  if (phase === undefined) throw new Error('The fixture plan has no phase.');
  // The others go by a ramp of their own.
  const ramp = [20_000, 30_000, 100_000].map((share) => ({ share, watch: phase.ramp[0]?.watch ?? 0 }));
  phase.cohorts = [
    { id: 'pilot', when: { state: ['CO'] } },
    { id: 'others', when: {}, ramp },
  ];
}

/** Both cohorts at the second step of their ramps, with somebody on target at each milestone. */
async function atSecondStep(): Promise<RunningMigration> {
  const migration = await engine.migrate(twoCohorts);
  for (const cohort of COHORTS) await migration.reaches('awaitingGoNoGo', cohort);
  await migration.says('approve', 'one');
  await migration.says('approve', 'two');
  for (const cohort of COHORTS) {
    await migration.reaches('watching', cohort);
    await migration.outcomes('target', 5, 0, cohort);
    await until(`${cohort} to be at its second step`, async () => {
      const run = await migration.run(cohort);
      return run?.status === 'watching' && run.step === 1 ? true : undefined;
    });
    const { db } = engine.database;
    for (const reached of [[], ['payment.succeeded'], ['payment.succeeded', 'review.assigned']])
      await db.query(
        `WITH placed AS (
           INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
           VALUES ($1, 'payment', 'ep_' || gen_random_uuid(), $2, 'target', 1) RETURNING unit
         )
         INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at)
         SELECT $1, '/target/billing', gen_random_uuid(), type, unit, 'pt_1', jsonb_build_object('episode', unit), now(), 0, now(), '{}', now()
           FROM placed, unnest($3::text[]) AS type`,
        [migration.id, cohort, reached],
      );
  }
  return migration;
}

async function stored(migration: RunningMigration, cohort: string): Promise<unknown> {
  const { db } = engine.database;
  const splits = await db.query(`SELECT share, epoch, mode FROM split WHERE migration = $1 AND cohort = $2`, [
    migration.id,
    cohort,
  ]);
  const placements = await db.query(`SELECT * FROM placement WHERE migration = $1 AND cohort = $2 ORDER BY unit`, [
    migration.id,
    cohort,
  ]);
  return { splits: splits.rows, placements: placements.rows };
}

describe('I12 a rollback over a real server', () => {
  it.each<[RollbackScope, 'pilot' | undefined, Record<(typeof COHORTS)[number], number>]>([
    ['step', 'pilot', { pilot: 10_000, others: 30_000 }],
    ['cohort', 'pilot', { pilot: 0, others: 30_000 }],
    ['phase', undefined, { pilot: 0, others: 0 }],
    ['migration', undefined, { pilot: 0, others: 0 }],
  ])('of the %s does what its preview said, and I9 nothing to any other cohort', async (scope, cohort, shares) => {
    const migration = await atSecondStep();
    const { db } = engine.database;
    const untouched = COHORTS.filter((one) => cohort !== undefined && one !== cohort);
    const before = await Promise.all(untouched.map((one) => stored(migration, one)));
    const preview = await previewRollback(db, { migration: migration.id, phase: 'payment', scope, cohort });
    const named = { scope, ...(cohort !== undefined && { cohort }) };
    const answer =
      scope === 'migration'
        ? await migration.tells('rollback', 'one', named)
        : await migration.says('rollback', 'one', named);
    const rolledBack = preview.cohorts.map((planned) => planned.cohort);
    expect([...rolledBack].sort()).toEqual(cohort === undefined ? ['others', 'pilot'] : [cohort]);
    expect(answer.cohorts.map((one) => one.cohort).sort()).toEqual([...rolledBack].sort());
    for (const { cohort: one, actions } of preview.cohorts) {
      const run = await migration.reaches(scope === 'step' ? 'held' : 'rolledBack', one);
      const { rows } = await db.query<{ action: object; done: boolean }>(
        `SELECT action, done_at IS NOT NULL AS done FROM rollback_action WHERE migration = $1 AND rollback = $2 ORDER BY ordinal`,
        [migration.id, run.rollback?.id],
      );
      expect(rows.map(({ action }) => action)).toEqual(actions);
      expect(rows.every(({ done }) => done)).toBe(true);
    }
    for (const one of COHORTS) expect((await migration.split(one)).share).toBe(shares[one]);
    expect(await Promise.all(untouched.map((one) => stored(migration, one)))).toEqual(before);
  });
});

it('holds up no rollback for minutes where a worker dies: each of its activities is short, or tells that its worker lives', async () => {
  const migration = await atSecondStep();
  await migration.says('rollback', 'engineer', { scope: 'phase' });
  for (const cohort of COHORTS) await migration.reaches('rolledBack', cohort);
  const { events } = await engine.client.workflow.getHandle(migration.workflowId).fetchHistory();
  const scheduled = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: activity }) => activity ?? []);
  const longest = scheduled.map(({ activityType, startToCloseTimeout, heartbeatTimeout }) => ({
    name: activityType?.name ?? '',
    missedAfter: Number(heartbeatTimeout?.seconds ?? 0) || Number(startToCloseTimeout?.seconds),
  }));
  expect(longest.map(({ name }) => name)).toEqual(expect.arrayContaining(['planRollback', 'executeRollbackAction']));
  expect(longest.filter(({ missedAfter }) => missedAfter > 30)).toEqual([]);
});
