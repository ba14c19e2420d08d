import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { COHORT_STATUSES, type CohortStatus } from '../../domain/phase/cohort-run';
import { loadPlan } from '../../domain/plan/load-plan';
import type { Plan, PlanPhase, RollbackScope } from '../../domain/plan/plan-schema';
import { createTestDatabase, type TestDatabase } from '../setup/test-database';
import { DrivenPhase } from '../integration/rollback/driven-phase';

const TEXT = readFileSync(join(__dirname, '..', 'fixtures', 'plans', 'payment.yaml'), 'utf8');
const SCOPES: readonly RollbackScope[] = ['step', 'cohort', 'phase', 'migration'];
type Policy = 'finish' | 'bringBack' | 'pause';

let database: TestDatabase;
let started = 0;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

function planWith(change: (phase: PlanPhase) => void): Plan {
  const { plan } = loadPlan(TEXT);
  const [phase] = plan.phases;
  if (phase === undefined) throw new Error('The fixture plan has no phase.');
  change(phase);
  return plan;
}

function policies(phase: PlanPhase, otherwise: Policy, milestones: readonly Policy[]): void {
  phase.inFlight.otherwise = otherwise;
  for (const [index, milestone] of phase.inFlight.milestones.entries())
    milestone.policy = milestones[index] ?? 'finish';
}

async function start(plan: Plan): Promise<DrivenPhase> {
  return DrivenPhase.start(database.db, `every-${(started += 1)}`, plan);
}

interface Before {
  onTarget: number;
  broughtBack: number;
  waiting: number;
  paused: number;
  stored: unknown;
}

/** Rolls back, and holds what came of it to what the preview had said, cohort by cohort. */
async function doesWhatItsPreviewSaid(
  phase: DrivenPhase,
  scope: RollbackScope,
  cohort?: string,
  byHand = false,
): Promise<void> {
  const cohorts = phase.rules.phase.cohorts.map(({ id }) => id);
  const before = new Map<string, Before>();
  for (const id of cohorts)
    before.set(id, {
      onTarget: await phase.onTarget(id),
      broughtBack: await phase.broughtBack(id),
      waiting: await phase.waiting(id),
      paused: await phase.cases(id, 'pause'),
      stored: await phase.stored(id),
    });
  const preview = await phase.preview(scope, cohort, byHand);
  // The preview itself changed nothing.
  for (const id of cohorts) expect(await phase.stored(id)).toEqual(before.get(id)?.stored);

  const { taken, refusal } = await phase.rollBack(scope, cohort, byHand);
  expect(refusal === undefined).toBe(preview.cohorts.length > 0);
  expect(preview.cohorts.map((planned) => planned.cohort)).toEqual(expect.arrayContaining(taken));

  for (const id of cohorts) {
    const was = before.get(id);
    const planned = preview.cohorts.find((one) => one.cohort === id);
    if (planned === undefined) {
      // I9: neither its split, its history, its people nor its state.
      expect(await phase.stored(id)).toEqual(was?.stored);
      if (cohort === undefined || cohort === id) expect(preview.untouched.map((one) => one.cohort)).toContain(id);
      continue;
    }
    const [first] = planned.actions;
    if (first?.kind === 'voidGo') {
      expect(planned.actions).toHaveLength(1);
      expect(phase.run(id)).toMatchObject({ status: 'notReady', share: 0 });
      expect(await phase.onTarget(id)).toBe(was?.onTarget);
      continue;
    }
    // I12: the list that was shown is the list that was carried out.
    const executed = await phase.executed(id);
    expect(executed?.map(({ action }) => action)).toEqual(planned.actions);
    let movedInAll = 0;
    let pausedInAll = 0;
    for (const [index, action] of planned.actions.entries()) {
      if (action.kind !== 'bringBack' && action.kind !== 'pause') continue;
      expect(executed?.[index]?.outcome.moved).toBe(action.people);
      if (action.kind === 'bringBack') movedInAll += action.people;
      else pausedInAll += action.people;
    }
    const { inFlight } = planned;
    const total = (count: (one: (typeof inFlight)[number]) => number): number =>
      inFlight.reduce((sum, one) => sum + count(one), 0);
    expect(total(({ before: { onTarget } }) => onTarget)).toBe(was?.onTarget);
    expect(total(({ after }) => after.broughtBack)).toBe(movedInAll);
    expect(await phase.onTarget(id)).toBe((was?.onTarget ?? 0) - movedInAll);
    expect(await phase.onTarget(id)).toBe(total(({ after }) => after.finishing + after.waiting));
    expect(await phase.waiting(id)).toBe(total(({ after }) => after.waiting));
    // I1: one case for each open journey that was cut through, or stands still.
    expect(await phase.broughtBack(id)).toBe((was?.broughtBack ?? 0) + movedInAll);
    expect(await phase.cases(id, 'pause')).toBe((was?.paused ?? 0) + pausedInAll);
    // Never more cases than the queue can hold.
    if (planned.queue?.capacity !== undefined && movedInAll + pausedInAll > 0)
      expect(await openCases(phase)).toBeLessThanOrEqual(planned.queue.capacity);
    const told = planned.actions.some(({ kind }) => kind === 'queueFull');
    expect(phase.run(id).rollback?.failures).toHaveLength(told ? 1 : 0);
    expect(first).toMatchObject({ kind: 'lowerSplit', cohort: id });
    expect(await phase.share(id)).toEqual({ share: first?.kind === 'lowerSplit' ? first.to : -1, mode: 'open' });
    expect(phase.run(id).status).toBe(first?.kind === 'lowerSplit' && first.to > 0 ? 'held' : 'rolledBack');
  }
}

async function openCases(phase: DrivenPhase): Promise<number> {
  const { rows } = await database.db.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM exception WHERE migration = $1 AND state = 'open'`,
    [phase.rules.migration],
  );
  return rows[0]?.open ?? 0;
}

async function populate(phase: DrivenPhase, cohort: string, counts: readonly number[]): Promise<void> {
  const groups = [null, ...phase.rules.phase.inFlight.milestones.map(({ id }) => id)];
  for (const [index, milestone] of groups.entries()) await phase.people(cohort, milestone, counts[index] ?? 0);
}

const POLICIES: readonly (readonly [string, Policy, readonly Policy[]])[] = [
  ['everyone finishes', 'finish', ['finish', 'finish', 'finish']],
  ['everyone is brought back', 'bringBack', ['bringBack', 'bringBack', 'bringBack']],
  ['only who is in the middle is brought back', 'finish', ['finish', 'bringBack', 'finish']],
  ['those in the middle wait, the others come back', 'bringBack', ['pause', 'pause', 'finish']],
];
const TABLE = SCOPES.flatMap((scope) =>
  POLICIES.flatMap(([name, otherwise, milestones]) =>
    COHORT_STATUSES.map((status) => [scope, status, name, { otherwise, milestones }] as const),
  ),
);

/** What a rollback of the one cohort, by its status, comes to. */
const REACHED: Readonly<Record<CohortStatus, boolean>> = {
  preflight: false,
  notReady: false,
  awaitingGoNoGo: false,
  awaitingStep: true,
  awaitingOpening: true,
  shifting: true,
  watching: true,
  soaking: true,
  awaitingCommit: true,
  committing: false,
  committed: false,
  held: true,
  paused: true,
  rollingBack: false,
  rolledBack: false,
  takenOut: false,
};

describe('I12 every scope, in every state, by every policy', () => {
  it.each(TABLE)('a rollback of the %s of a cohort that is %s, where %s', async (scope, status, _name, policy) => {
    const phase = await start(
      planWith((declared) => {
        policies(declared, policy.otherwise, policy.milestones);
      }),
    );
    await phase.comesTo('pilot-states', status);
    await phase.comesTo('everyone-else', 'watching');
    expect(phase.run('pilot-states').status).toBe(status);
    await populate(phase, 'pilot-states', [2, 1, 1, 1]);
    await populate(phase, 'everyone-else', [1, 1, 0, 1]);
    const cohort = scope === 'step' || scope === 'cohort' ? 'pilot-states' : undefined;
    const { cohorts } = await phase.preview(scope, cohort);
    // Those that only one of the whole phase reaches: it has not begun, or goes back already, as far as its cohort goes.
    const byAllOfIt: CohortStatus[] = ['preflight', 'awaitingGoNoGo', 'rollingBack'];
    expect(cohorts.some((planned) => planned.cohort === 'pilot-states')).toBe(
      REACHED[status] || (cohort === undefined && byAllOfIt.includes(status)),
    );
    await doesWhatItsPreviewSaid(phase, scope, cohort);
  });
});

describe('I12 a wider rollback over one of a step', () => {
  const wider = (['cohort', 'phase', 'migration'] as const).flatMap((scope) =>
    [false, true].map((lowered) => [scope, lowered ? 'down' : 'on its way down', lowered] as const),
  );

  it.each(wider)('of the %s, while the split is %s by a step', async (scope, _name, lowered) => {
    const phase = await start(
      planWith((declared) => {
        policies(declared, 'bringBack', ['bringBack', 'finish', 'bringBack']);
      }),
    );
    await phase.comesTo('pilot-states', 'watching');
    await phase.comesTo('everyone-else', 'watching');
    await populate(phase, 'pilot-states', [2, 1, 1, 1]);
    const step = { kind: 'rollback', scope: 'step', by: 'one', verified: true, because: 'doubt' } as const;
    await phase.happens('pilot-states', step);
    if (lowered) await phase.moves('pilot-states');
    expect(phase.run('pilot-states')).toMatchObject({ status: 'rollingBack', parkAt: 10_000 });
    await doesWhatItsPreviewSaid(phase, scope, scope === 'cohort' ? 'pilot-states' : undefined);
    expect(phase.run('pilot-states')).toMatchObject({ status: 'rolledBack', share: 0 });
  });

  it('a lowering of the step that comes late does not open what people are being moved back from', async () => {
    const phase = await start(
      planWith((declared) => {
        policies(declared, 'bringBack', ['bringBack', 'bringBack', 'bringBack']);
      }),
    );
    await phase.comesTo('pilot-states', 'watching');
    const rollback = { kind: 'rollback', by: 'one', verified: true, because: 'doubt' } as const;
    await phase.happens('pilot-states', { ...rollback, scope: 'step' });
    const late = phase.prepared('pilot-states');
    await phase.happens('pilot-states', { ...rollback, scope: 'cohort' });
    await phase.moves('pilot-states');
    const { epoch } = phase.run('pilot-states');
    expect(await late()).toMatchObject({ kind: 'splitLowered', epoch, share: 0 });
    expect(await phase.share('pilot-states')).toEqual({ share: 0, mode: 'returning' });
  });
});

describe('whatever the plan and whatever happened before', () => {
  const policy = fc.constantFrom<Policy>('finish', 'bringBack', 'pause');
  const history = fc.record({
    status: fc.constantFrom<CohortStatus>(...COHORT_STATUSES.filter((status) => status !== 'rollingBack')),
    people: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
    ownRamp: fc.boolean(),
  });

  it('I9, I12 a rollback of one cohort does what its preview said, and leaves every other as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(history, { minLength: 2, maxLength: 4 }),
        fc.record({
          otherwise: policy,
          milestones: fc.array(policy, { minLength: 3, maxLength: 3 }),
          pastReturn: fc.integer({ min: 0, max: 3 }),
          capacity: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
        }),
        fc.constantFrom(...SCOPES),
        fc.nat(),
        async (histories, { otherwise, milestones, pastReturn, capacity }, scope, pick) => {
          const plan = planWith((phase) => {
            policies(phase, otherwise, milestones);
            const from = phase.inFlight.milestones[pastReturn];
            if (from !== undefined) from.pastReturn = true;
            phase.cohorts = histories.map(({ ownRamp }, index) => ({
              id: `cohort-${index}`,
              when: {},
              ...(ownRamp && {
                ramp: phase.ramp.map((step) => ({ ...step, share: Math.min(100_000, (step.share ?? 0) * 2) })),
              }),
            }));
          });
          for (const queue of plan.queues) {
            if (capacity === undefined) delete queue.capacity;
            else queue.capacity = capacity;
          }
          const phase = await start(plan);
          for (const [index, { status, people }] of histories.entries()) {
            await phase.comesTo(`cohort-${index}`, status);
            await populate(phase, `cohort-${index}`, people);
          }
          const one = `cohort-${pick % histories.length}`;
          await doesWhatItsPreviewSaid(phase, scope, scope === 'step' || scope === 'cohort' ? one : undefined);
          // By hand, whoever was left and may come back does, as far as the queue has room.
          await doesWhatItsPreviewSaid(phase, 'cohort', one, true);
        },
      ),
      { numRuns: 40 },
    );
  }, 240_000);
});
