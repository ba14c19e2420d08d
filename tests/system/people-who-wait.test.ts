import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportRollback } from '../../activities/rollback/report-rollback';
import { evaluationOf, questionOf } from '../../api/decisions/evaluate-flag';
import { findFlag } from '../../api/decisions/find-flag';
import { loadPlan } from '../../domain/plan/load-plan';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import { systemClock } from '../../platform/system-clock';
import { closeUnits } from '../../store/close-units';
import type { Database } from '../../store/database';
import { resolveException } from '../../store/exception-actions';
import { MigrationPlans } from '../../store/migration-plans';
import { pauseUnits } from '../../store/placements';
import { changeSplit } from '../../store/splits';
import { createTestDatabase, type TestDatabase } from '../setup/test-database';
import { until } from '../setup/until';
import { placeUnit } from '../integration/sides/place-unit';
import { CrashingDatabase } from '../integration/rollback/crashing-database';
import { DrivenPhase } from '../integration/rollback/driven-phase';

const TEXT = readFileSync(join(__dirname, '..', 'fixtures', 'plans', 'payment.yaml'), 'utf8');
const PILOT = 'pilot-states';

let database: TestDatabase;
let db: Database;
let plan: Plan;
let phase: DrivenPhase;
let started = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
});
afterAll(() => database.drop());
beforeEach(async () => {
  await start();
});

/** Whoever paid waits; who did not is brought back; the others finish. */
async function start(
  change: (declared: PlanPhase, plan: Plan) => void = () => undefined,
  connected = db,
): Promise<void> {
  ({ plan } = loadPlan(TEXT));
  const [declared] = plan.phases;
  if (declared === undefined) throw new Error('The fixture plan has no phase.');
  for (const milestone of declared.inFlight.milestones) milestone.policy = milestone.id === 'paid' ? 'pause' : 'finish';
  change(declared, plan);
  phase = await DrivenPhase.start(connected, `waits-${(started += 1)}`, plan);
  await phase.comesTo(PILOT, 'watching');
  await phase.comesTo('everyone-else', 'watching');
}

async function answerFor(unit: string): Promise<{ side: string; paused?: true | undefined }> {
  const { migration } = phase.rules;
  const flag = await findFlag(db, new MigrationPlans(systemClock), `${migration}.payment`);
  const question = questionOf(flag, { targetingKey: unit, attributes: { state: 'CO' } });
  if (question === undefined) throw new Error('The context names no unit.');
  const answer = evaluationOf(flag, await placeUnit(db, { migration, phase: flag.phase.id, ...question }));
  return { side: answer.value, ...(answer.metadata.paused && { paused: true }) };
}

async function casesOf(unit: string): Promise<{ id: string; cause: string; state: string; recovered: boolean }[]> {
  const { rows } = await db.query<{ id: string; cause: string; state: string; recovered: boolean }>(
    `SELECT id, cause, state, recovered_at IS NOT NULL AS recovered FROM exception
      WHERE migration = $1 AND split_part(cause, ':', 3) = $2 ORDER BY id`,
    [phase.rules.migration, unit],
  );
  return rows;
}

async function resolve(exception: string): Promise<void> {
  const { migration: id, planHash, timeScale } = phase.rules;
  const steps = plan.queues.find((queue) => queue.id === 'payment-not-routed')?.path.length ?? 0;
  const evidence = Array.from({ length: steps }, (_, index) => ({ step: index + 1, reference: `ticket-${index + 1}` }));
  const request = { migration: { id, planHash, timeScale }, queues: plan.queues, exception, actor: 'engineer-1' };
  await resolveException(db, request, evidence);
}

/** What was reported of the unit was reported of another journey of it too. */
async function secondJourney(unit: string): Promise<void> {
  await db.query(
    `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at)
     SELECT migration, source, gen_random_uuid(), type, journey || '-2', subject, units, time, 0, matched_at, data, received_at
       FROM event WHERE migration = $1 AND journey = $2`,
    [phase.rules.migration, unit],
  );
}

async function droppedSince(version: number): Promise<string[]> {
  const { rows } = await db.query<{ unit: string }>(
    'SELECT unit FROM side_change WHERE migration = $1 AND version > $2 ORDER BY unit',
    [phase.rules.migration, version],
  );
  return rows.map(({ unit }) => unit);
}

async function version(): Promise<number> {
  const { rows } = await db.query<{ version: number }>('SELECT version::float8 AS version FROM split_version');
  return rows[0]?.version ?? 0;
}

async function audited(action: string): Promise<object[]> {
  const { rows } = await db.query<{ evidence: object }>(
    'SELECT evidence FROM audit WHERE migration = $1 AND action = $2 ORDER BY id',
    [phase.rules.migration, action],
  );
  return rows.map(({ evidence }) => evidence);
}

describe('people whom a rollback lets wait', () => {
  it('I1 keep their side, are told that they wait, and each has one case; the others are moved as the plan says', async () => {
    const [unpaid = ''] = await phase.people(PILOT, null, 1);
    const [paid = '', alsoPaid = ''] = await phase.people(PILOT, 'paid', 2);
    const [reviewed = ''] = await phase.people(PILOT, 'in-review', 1);
    const [other = ''] = await phase.people('everyone-else', 'paid', 1);
    await phase.rollBack('cohort', PILOT);
    expect(await Promise.all([unpaid, paid, alsoPaid, reviewed, other].map(answerFor))).toEqual([
      { side: 'legacy' },
      { side: 'target', paused: true },
      { side: 'target', paused: true },
      { side: 'target' },
      // I9: of another cohort.
      { side: 'target' },
    ]);
    expect((await casesOf(paid)).map(({ cause }) => cause.split(':')[0])).toEqual(['pause']);
    expect(await casesOf(reviewed)).toEqual([]);
    expect(await audited('placement.paused')).toMatchObject([{ moved: 2, opened: 2 }]);
  });

  it('wait anew, with a case more, where the next rollback finds them on their way again', async () => {
    const [paid = ''] = await phase.people(PILOT, 'paid', 1);
    await phase.rollBack('cohort', PILOT);
    await phase.goesOn(PILOT);
    await phase.people(PILOT, 'paid', 1);
    await phase.rollBack('cohort', PILOT);
    expect(await phase.waiting(PILOT)).toBe(2);
    // They went on in between, so they are cut through again.
    expect(await casesOf(paid)).toHaveLength(2);
    const preview = await phase.preview('cohort', PILOT, true);
    expect(preview.cohorts[0]?.inFlight).toEqual([
      {
        milestone: 'paid',
        before: { onTarget: 2, waiting: 2 },
        after: { finishing: 0, broughtBack: 2, waiting: 0 },
      },
    ]);
  });

  it('go on one by one as somebody resolves their case, and the answers that were remembered are dropped', async () => {
    const [first = '', second = ''] = await phase.people(PILOT, 'paid', 2);
    await phase.rollBack('cohort', PILOT);
    const before = await version();
    const [theirs] = await casesOf(first);
    await resolve(theirs?.id ?? '');
    expect(await Promise.all([first, second].map(answerFor))).toEqual([
      { side: 'target' },
      { side: 'target', paused: true },
    ]);
    expect(await droppedSince(before)).toEqual([first]);
    expect(await audited('placement.wentOn')).toEqual([{ released: 1, exception: theirs?.id }]);
  });

  it('wait until the last of their cases is resolved', async () => {
    const [unit = ''] = await phase.people(PILOT, 'paid', 1);
    await secondJourney(unit);
    await phase.rollBack('cohort', PILOT);
    const both = await casesOf(unit);
    expect(both).toHaveLength(2);
    await resolve(both[0]?.id ?? '');
    expect(await answerFor(unit)).toEqual({ side: 'target', paused: true });
    await resolve(both[1]?.id ?? '');
    expect(await answerFor(unit)).toEqual({ side: 'target' });
  });

  it('go on when two people resolve the last two of their cases at the same moment', async () => {
    const [unit = ''] = await phase.people(PILOT, 'paid', 1);
    await secondJourney(unit);
    await phase.rollBack('cohort', PILOT);
    const both = await casesOf(unit);
    expect(both).toHaveLength(2);
    let resolving: Promise<unknown> = Promise.resolve();
    await db.transaction(async (connection) => {
      await connection.query('SELECT FROM placement WHERE unit = $1 FOR UPDATE', [unit]);
      resolving = Promise.all(both.map(({ id }) => resolve(id)));
      await until('both have come as far as they can', async () => {
        const { rows } = await db.query<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows[0]?.waiting === 2;
      });
    });
    await resolving;
    expect(await answerFor(unit)).toEqual({ side: 'target' });
  });

  it('all go on with their cohort, when its split rises again; their cases stay for people, as recovered', async () => {
    const units = await phase.people(PILOT, 'paid', 3);
    await phase.rollBack('cohort', PILOT);
    const before = await version();
    await phase.goesOn(PILOT);
    expect(phase.run(PILOT).status).toBe('watching');
    expect(await phase.waiting(PILOT)).toBe(0);
    expect(await droppedSince(before)).toEqual([...units].sort());
    for (const unit of units) expect(await casesOf(unit)).toMatchObject([{ state: 'open', recovered: true }]);
    expect(await audited('placement.wentOn')).toEqual([{ released: 3 }]);
  });

  it('can be brought back by hand, and then wait no more', async () => {
    const [unit = ''] = await phase.people(PILOT, 'paid', 1);
    await phase.rollBack('cohort', PILOT);
    expect(await phase.rollBack('cohort', PILOT, true)).toEqual({ taken: [PILOT] });
    expect(await answerFor(unit)).toEqual({ side: 'legacy' });
    expect((await casesOf(unit)).map(({ cause }) => cause.split(':')[0])).toEqual(['pause', 'bringBack']);
  });

  it('wait no more once what closes them has happened', async () => {
    const [unit = ''] = await phase.people(PILOT, 'paid', 1);
    await phase.rollBack('cohort', PILOT);
    const { migration } = phase.rules;
    const closing = { migration, phase: 'payment', kind: 'episode' as const, unit, journey: unit };
    await closeUnits(db, [{ ...closing, closedBy: ['review.assigned'] }]);
    expect(await answerFor(unit)).toEqual({ side: 'target' });
  });

  it('I11 are each stopped once where the process died between two batches', async () => {
    const units = await phase.people(PILOT, 'paid', 25);
    const key = { migration: phase.rules.migration, phase: 'payment', cohort: PILOT };
    const { epoch: expectedEpoch } = phase.run(PILOT);
    const returning = await changeSplit(db, {
      ...{ ...key, expectedEpoch, share: 0, perDay: null, lease: 60_000 },
      ...{ mode: 'returning', cause: 'rollback' },
    });
    const of = {
      ...{ ...key, unitKind: 'episode' as const, milestones: phase.rules.phase.inFlight.milestones, reached: ['paid'] },
      ...{ epoch: returning.epoch, batchSize: 10 },
      queue: { id: 'payment-not-routed', owner: 'care-coordination', slaMs: 1_000 },
    };
    let transactions = 0;
    const transaction: Database['transaction'] = (work) =>
      db.transaction(async (connection) => {
        const result = await work(connection);
        if ((transactions += 1) === 2) throw new Error('crash');
        return result;
      });
    const crashing = Object.assign(Object.create(db) as Database, { transaction });
    await expect(pauseUnits(crashing, of)).rejects.toThrow('crash');
    expect(await phase.waiting(PILOT)).toBe(10);
    expect(await pauseUnits(db, of)).toBe(15);
    expect(await pauseUnits(db, of)).toBe(0);
    for (const unit of units) expect(await casesOf(unit)).toHaveLength(1);
  });
});

describe('a queue without room for all of them', () => {
  beforeEach(async () => {
    await start((_, { queues }) => {
      for (const queue of queues) queue.capacity = 4;
    });
  });

  it('gets none of them: traffic is lowered all the same, they finish, and a page says how many', async () => {
    const units = [...(await phase.people(PILOT, null, 3)), ...(await phase.people(PILOT, 'paid', 2))];
    await phase.rollBack('cohort', PILOT);
    expect(await phase.share(PILOT)).toEqual({ share: 0, mode: 'open' });
    for (const unit of units) expect(await answerFor(unit)).toEqual({ side: 'target' });
    expect(phase.run(PILOT).rollback?.failures).toEqual([
      '5 people who would be brought back or wait finish on target: the queue payment-not-routed has room for 4 more cases, and 5 are needed. Work on its cases, then bring people back with --bring-back.',
    ]);
  });

  it('is judged by every cohort of the phase, whichever plans first', async () => {
    await phase.people(PILOT, null, 3);
    await phase.people('everyone-else', null, 2);
    expect((await phase.preview('phase')).cohorts.map(({ actions }) => actions.at(1)?.kind)).toEqual([
      ...['leaveToFinish', 'leaveToFinish'],
    ]);
    await phase.rollBack('phase');
    expect([await phase.onTarget(PILOT), await phase.onTarget('everyone-else')]).toEqual([3, 2]);
  });

  it('is filled by hand, and filled again when cases are worked off', async () => {
    const units = [...(await phase.people(PILOT, null, 3)), ...(await phase.people(PILOT, 'paid', 3))];
    await phase.rollBack('cohort', PILOT);
    await phase.rollBack('cohort', PILOT, true);
    expect(await phase.onTarget(PILOT)).toBe(2);
    expect(await phase.broughtBack(PILOT)).toBe(4);
    const cases = await Promise.all(units.map(casesOf));
    for (const { id } of cases.flat().slice(0, 1)) await resolve(id);
    await phase.rollBack('cohort', PILOT, true);
    expect(await phase.onTarget(PILOT)).toBe(1);
    expect(phase.run(PILOT).status).toBe('rolledBack');
  });

  it('by hand leaves who is past return, and is refused where nobody would work on the cases', async () => {
    await start((declared) => {
      for (const milestone of declared.inFlight.milestones) milestone.pastReturn = milestone.id === 'paid';
    });
    await phase.people(PILOT, null, 1);
    await phase.people(PILOT, 'paid', 1);
    await phase.people(PILOT, 'in-review', 1);
    await phase.rollBack('cohort', PILOT);
    await phase.rollBack('cohort', PILOT, true);
    expect(await phase.onTarget(PILOT)).toBe(2);
    expect(await phase.rollBack('phase', undefined, true)).toMatchObject({ refusal: 'nobody-comes-back' });
    await start((declared) => {
      declared.inFlight = { otherwise: 'finish', milestones: [] };
    });
    expect(await phase.rollBack('cohort', PILOT, true)).toMatchObject({ refusal: 'nobody-comes-back' });
  });
});

describe('I11, I12 a rollback whose worker dies, at whatever point', () => {
  it.each(['before', 'after'] as const)(
    'does what its preview said, each once, where it dies %s something is done',
    async (moment) => {
      let died = true;
      for (let nth = 1; died; nth += 1) {
        const crashing = new CrashingDatabase(db);
        await start(undefined, crashing.db);
        await phase.people(PILOT, null, 2);
        await phase.people(PILOT, 'paid', 2);
        await phase.people(PILOT, 'in-review', 1);
        const { cohorts } = await phase.preview('cohort', PILOT);
        await phase.happens(PILOT, { kind: 'rollback', scope: 'cohort', by: 'one', verified: true, because: 'doubt' });
        crashing.diesAt(nth, moment);
        await phase.works(PILOT).catch(() => undefined);
        died = crashing.restarted();
        await phase.recordsAgain(PILOT);
        await phase.works(PILOT);
        const executed = await phase.executed(PILOT);
        expect(executed?.map(({ action }) => action)).toEqual(cohorts[0]?.actions);
        expect(executed?.flatMap(({ outcome: { moved } }) => (moved === undefined ? [] : [moved]))).toEqual([2, 2]);
        expect([await phase.broughtBack(PILOT), await phase.cases(PILOT, 'pause')]).toEqual([2, 2]);
        expect([await phase.onTarget(PILOT), await phase.waiting(PILOT)]).toEqual([3, 2]);
        expect(phase.run(PILOT)).toMatchObject({ status: 'rolledBack', share: 0 });
        expect(await phase.share(PILOT)).toEqual({ share: 0, mode: 'open' });
        const { rollbacks } = await reportRollback(db, { migration: phase.rules.migration, phase: 'payment' });
        expect(rollbacks).toMatchObject([{ cohort: PILOT, rollback: { scope: 'cohort', by: 'one', failures: [] } }]);
        expect(rollbacks[0]?.inFlight).toEqual([
          { milestone: 'in-review', before: 1, broughtBack: 0, waiting: 0, onTarget: 1 },
          { milestone: null, before: 2, broughtBack: 2, waiting: 0, onTarget: 0 },
          { milestone: 'paid', before: 2, broughtBack: 0, waiting: 2, onTarget: 0 },
        ]);
      }
    },
    240_000,
  );
});
