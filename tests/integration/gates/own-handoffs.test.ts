import { MockActivityEnvironment } from '@temporalio/testing';
import { readGates } from '../../../activities/gates/read-gates';
import { watchActivities } from '../../../activities/gates/watch-step';
import type { WatchStep } from '../../../activities/phase-activities';
import { PlanReader } from '../../../activities/plan-reader';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { loadPlan } from '../../../domain/plan/load-plan';
import { planHash as hashOf } from '../../../domain/plan/plan-hash';
import type { GateRule, PlanPhase, RampStep } from '../../../domain/plan/plan-schema';
import { databaseNow } from '../../../store/database-clock';
import { createMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { createSplit, lapseExpiredSplits, readLapse } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { PAYMENT, PLAN_TEXT } from '../sides/started-migration';
import { recordOutcomes, type OutcomeToCount } from './outcomes-to-count';

const LEASE = 60_000;
const HOUR = 3_600_000;
const ROUTING = 'payment-to-provider-routing';

let database: TestDatabase;
let started = 0;
let key: { migration: string; phase: string; cohort: string };
let planHash: string;
let looks: number;
let running: { environment: MockActivityEnvironment; ended: Promise<unknown> }[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  looks = 0;
  running = [];
});
afterEach(async () => {
  for (const { environment } of running) environment.cancel();
  await Promise.all(running.map(({ ended }) => ended));
});

/** A migration whose phase has one gate, on routing, with this rule, and a split at 10%. */
async function gateOf(
  rule: GateRule,
  step: Partial<RampStep> = {},
  hold: Partial<PlanPhase['hold']> = {},
  { newAttempt = false } = {},
): Promise<void> {
  const { db } = database;
  const plan = structuredClone(loadPlan(PLAN_TEXT).plan);
  const phase = plan.phases.find(({ id }) => id === PAYMENT.phase);
  if (phase === undefined) throw new Error('There is a phase.');
  const daily = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
  plan.owners = plan.owners.map((owner) => ({
    ...owner,
    reach: {
      rota: owner.id,
      timeZone: 'UTC',
      shifts: [
        { id: 'day', days: [...daily], from: '08:00', to: '20:00', capacity: 100 },
        { id: 'night', days: [...daily], from: '20:00', to: '08:00', capacity: 100 },
      ],
    },
  }));
  phase.gates = [{ id: 'routing-floor', handoff: ROUTING, severity: 'access', rule }];
  phase.ramp = phase.ramp.map((one) => ({ ...one, ...step }));
  phase.hold = { ...phase.hold, ...hold };
  planHash = hashOf(plan);
  await savePlan(db, { hash: planHash, plan, source: PLAN_TEXT });
  key = { migration: `own-${(started += 1)}`, ...PAYMENT };
  await createMigration(db, { id: key.migration, planHash, salt: 'salt', timeScale: 1, startedBy: 'one' });
  await createSplit(db, { ...key, lease: LEASE });
  await new PostgresTrafficRouter(db).write({
    ...{
      ...key,
      expectedEpoch: 1,
      share: 10_000,
      perDay: null,
      mode: 'open',
      lease: LEASE,
      cause: 'raised',
      newAttempt,
    },
  });
}

function watch(step: Partial<WatchStep> = {}): Promise<unknown> {
  const { db } = database;
  const environment = new MockActivityEnvironment();
  const activities = watchActivities({
    ...{ db, router: new PostgresTrafficRouter(db), plans: new PlanReader(db), tick: 5 },
    readGates: readGates(db, { read: () => Promise.reject(new Error('None has a source.')) }),
    control: { provenAt: () => new Date(8.64e15) },
    tell: () => Promise.resolve(),
    lapsedFor: async (of, epoch) => (await readLapse(db, of, epoch))?.lapsedFor,
    recordLapses: () => lapseExpiredSplits(db),
    stopping: new AbortController().signal,
    onLook: () => (looks += 1),
  });
  const what: WatchStep = {
    ...{ ...key, planHash, epoch: 2, attempt: 1, step: 0, watchMs: HOUR, until: 'stepDone', timeScale: 1 },
    ...step,
  };
  const ended = environment.run((of: WatchStep) => activities.watchStep(of), what).catch((error: unknown) => error);
  running.push({ environment, ended });
  return ended;
}

/** Ends the watches as a worker that dies does: nothing is handed on. */
async function die(): Promise<void> {
  for (const { environment } of running) environment.cancel();
  await Promise.all(running.map(({ ended }) => ended));
  running = [];
}

async function record(...outcomes: OutcomeToCount[]): Promise<void> {
  const now = (await databaseNow(database.db)).getTime();
  await recordOutcomes(database.db, { ...key, handoff: ROUTING, fromEpoch: 2 }, now, outcomes);
}

async function moreLooks(count = 3): Promise<void> {
  const enough = looks + count;
  await until(`${count} looks`, () => looks >= enough);
}

async function evidence(): Promise<{ verdict: string; evidence: Record<string, unknown> } | undefined> {
  const { rows } = await database.db.query<{ verdict: string; evidence: Record<string, unknown> }>(
    'SELECT verdict, evidence FROM gate_evidence WHERE migration = $1 ORDER BY epoch DESC',
    [key.migration],
  );
  return rows[0];
}

async function says(verdict: string, words = ''): Promise<void> {
  await until(`the verdict ${verdict} with '${words}'`, async () => {
    const seen = await evidence();
    return seen?.verdict === verdict && String(seen.evidence['message']).includes(words);
  });
}

const FLOOR: GateRule = { kind: 'floor', atLeast: 0.9, minimumOutcomes: 20 };

describe('a gate on the handoffs of its migration', () => {
  it('sees an outage after a few patients, with the evidence that it was seen by', async () => {
    await gateOf(FLOOR);
    const ended = watch();
    await record({ outcome: 'missed', count: 4 });
    await expect(ended).resolves.toMatchObject({ kind: 'limitCrossed', gate: 'routing-floor' });
    expect(await evidence()).toMatchObject({
      verdict: 'limitCrossed',
      evidence: {
        outcomes: { target: { kept: 0, missed: 4 } },
        alpha: 0.05,
        carriedBy: 'floor',
        message: expect.stringMatching(/kept 0\.00, floor 0\.90 \(n=4\); 1 in [\d,]+ if healthy/),
      },
    });
  });

  it('counts what was kept when what was missed of the same hour counts, and not before', async () => {
    await gateOf(FLOOR);
    void watch();
    await record({ outcome: 'open', count: 5 }, { outcome: 'kept', count: 30, ago: -HOUR });
    await says('insufficient', '0 of the 20');
    await record({ outcome: 'kept', count: 18 }, { outcome: 'missed', count: 1 });
    await says('insufficient', '19 of the 20');
  });

  it('says that nothing has begun on target until something has', async () => {
    await gateOf(FLOOR);
    void watch();
    await says('noData');
    await record({ side: 'legacy', count: 50 });
    await moreLooks();
    await says('noData');
    await record({ outcome: 'open' });
    await says('insufficient');
    expect((await evidence())?.evidence).toMatchObject({ outcomes: { legacy: { kept: 50, missed: 0 } } });
  });

  it('I6 counts each outcome once, whoever watches, however often they die', async () => {
    await gateOf({ kind: 'floor', atLeast: 0.1, minimumOutcomes: 100_000 });
    let recorded = 0;
    for (let round = 0; round < 6; round += 1) {
      // Two at once: a worker that was thought dead may go on for a while.
      void watch();
      void watch();
      for (let part = 0; part < 5; part += 1) {
        await record({ outcome: 'kept', count: 17 }, { outcome: 'missed', count: 3 }, { side: 'legacy', count: 11 });
        recorded += 1;
      }
      if (round % 2 === 0) await moreLooks(1);
      await die();
    }
    void watch();
    const all = { target: { kept: 17 * recorded, missed: 3 * recorded }, legacy: { kept: 11 * recorded, missed: 0 } };
    await until('all to be counted', async () => {
      const seen = (await evidence())?.evidence['outcomes'] as typeof all | undefined;
      return seen?.target.kept === all.target.kept;
    });
    await moreLooks();
    expect((await evidence())?.evidence).toMatchObject({ outcomes: all });
  });

  it('may end a step early on the evidence that was asked for, never before the time that is asked for at least', async () => {
    await gateOf({ kind: 'floor', atLeast: 0.6, above: 0.6, minimumOutcomes: 20 }, { watchAtLeast: HOUR });
    const ended = watch({ watchMs: 24 * HOUR });
    await record({ outcome: 'kept', count: 200 });
    await says('pass');
    await moreLooks();
    await database.db.query('UPDATE watch SET watched_ms = $2 WHERE migration = $1', [key.migration, HOUR]);
    await expect(ended).resolves.toMatchObject({ kind: 'stepDone' });
  });

  it('waits for the whole time where nothing is proven', async () => {
    await gateOf({ kind: 'floor', atLeast: 0.6, minimumOutcomes: 20 }, { watchAtLeast: HOUR });
    void watch({ watchMs: 24 * HOUR });
    await record({ outcome: 'kept', count: 200 });
    await says('pass');
    await database.db.query('UPDATE watch SET watched_ms = $2 WHERE migration = $1', [key.migration, HOUR]);
    await moreLooks(5);
    expect((await evidence())?.verdict).toBe('pass');
  });
});

describe('a gate that cannot see for longer than the plan allows', () => {
  it('pauses its cohort where the plan says so, and not before', async () => {
    await gateOf(FLOOR, {}, { noData: 5_000, then: { noData: 'pause' } });
    const ended = watch();
    await says('noData');
    await moreLooks();
    await expect(ended).resolves.toMatchObject({ kind: 'blind', gate: 'routing-floor', verdict: 'noData' });
  });

  it('only wakes a person where it says nothing of a pause', async () => {
    await gateOf(FLOOR, {}, { noData: 1, then: { sourceError: 'pause' } });
    void watch();
    await says('noData');
    await moreLooks(5);
    expect((await evidence())?.verdict).toBe('noData');
  });
});

describe('rules on the handoffs of a migration', () => {
  it('k of the first n: so many of those who came first, one by one', async () => {
    await gateOf({ kind: 'zeroTolerance', missed: 1, ofFirst: 10, minimumOutcomes: 10 });
    const ended = watch();
    await record({ outcome: 'kept', count: 9 }, { outcome: 'missed', count: 1 });
    await says('pass');
    await record({ outcome: 'missed', count: 5 });
    await moreLooks();
    await says('pass', 'missed 1 <= 1 (n=10)');
    await die();
    await ended;
  });

  it('one condition: only those that failed it', async () => {
    await gateOf({ kind: 'zeroTolerance', missed: 0, condition: 'licensed', minimumOutcomes: 5 });
    const ended = watch();
    await record({ outcome: 'missed', count: 5 }, { outcome: 'missed', count: 3, condition: 'another' });
    await says('pass');
    await record({ outcome: 'missed', condition: 'licensed' });
    await expect(ended).resolves.toMatchObject({ kind: 'limitCrossed', message: expect.stringContaining('missed 1') });
  });

  it('second ends: each that ended twice, at once, however late it was', async () => {
    await gateOf({ kind: 'zeroTolerance', missed: 0, counts: 'secondEnds', minimumOutcomes: 5 });
    const ended = watch();
    await record({ outcome: 'kept', count: 5 }, { outcome: 'missed', count: 5 });
    await says('pass');
    await database.db.query(
      `UPDATE handoff_occurrence SET second_ends = 1 WHERE id = (SELECT min(id) FROM handoff_occurrence WHERE migration = $1)`,
      [key.migration],
    );
    await expect(ended).resolves.toMatchObject({
      kind: 'limitCrossed',
      message: expect.stringContaining('ended twice 1'),
    });
  });

  it('latency: those that took longer count as missed', async () => {
    await gateOf({ kind: 'latency', percentile: 90, within: 60_000, minimumOutcomes: 20 });
    const ended = watch();
    await record({ outcome: 'kept', count: 30, took: 30_000 });
    await says('pass');
    await record({ outcome: 'kept', count: 20, took: 120_000 });
    await expect(ended).resolves.toMatchObject({ kind: 'limitCrossed', message: expect.stringContaining('kept 0.60') });
  });

  it('ratio: patients who wrote to support, against those of legacy at the same time', async () => {
    await gateOf({ kind: 'ratio', event: 'support.ticketOpened', times: 1.2, minimumOutcomes: 20 });
    const ended = watch();
    const wrote = [{ type: 'support.ticketOpened', at: 60_000 }];
    const twice = [...wrote, { type: 'support.ticketOpened', at: 120_000 }];
    await says('noData');
    // A control: one in twenty on either side, several tickets of one of them, and handoffs missed on target alone.
    for (let part = 0; part < 3; part += 1) {
      await record(
        { count: 15 },
        { count: 4, outcome: 'missed' },
        { count: 1, had: twice },
        { side: 'legacy', count: 57 },
        { side: 'legacy', count: 3, had: wrote },
      );
    }
    await says('pass', 'support.ticketOpened in 3 of 60 on target, 9 of 180 on legacy, at most 1.2 times as often');
    await record(
      { count: 70 },
      { count: 30, had: wrote },
      { side: 'legacy', count: 285 },
      { side: 'legacy', count: 15, had: twice },
    );
    await expect(ended).resolves.toMatchObject({
      kind: 'limitCrossed',
      message: expect.stringContaining('support.ticketOpened in 33 of 160 on target, 24 of 480 on legacy'),
    });
    expect(await evidence()).toMatchObject({ verdict: 'limitCrossed', evidence: { alpha: 0.05, carriedBy: 'ratio' } });
  });

  it('ratio: as many on either side go on, however many that are', async () => {
    await gateOf({ kind: 'ratio', event: 'support.ticketOpened', times: 1.2, minimumOutcomes: 20 });
    void watch();
    const wrote = [{ type: 'support.ticketOpened', at: 60_000 }];
    for (let part = 0; part < 6; part += 1) {
      await record(
        { count: 16 },
        { count: 4, had: wrote },
        { side: 'legacy', count: 48 },
        { side: 'legacy', count: 12, had: wrote },
      );
      await moreLooks();
    }
    await says('pass', 'in 24 of 120 on target, 72 of 360 on legacy');
  });

  describe('slower than legacy', () => {
    const SLOWER: GateRule = { kind: 'slowerThanLegacy', margin: 0.05, minimumOutcomes: 20 };
    /** One of each time, from so many seconds up. */
    const taking = (from: number, count: number, of: OutcomeToCount = {}): OutcomeToCount[] =>
      Array.from({ length: count }, (_, index) => ({ ...of, took: (from + index) * 1_000 }));
    const onLegacy = (from: number, count: number, epoch = 2): OutcomeToCount[] =>
      taking(from, count, { side: 'legacy', epoch });

    async function stored(): Promise<{ last: string; within: (number | null)[] }> {
      const { rows } = await database.db.query<{ last: string; within: (number | null)[] }>(
        `SELECT state ->> 'last' AS last, ARRAY(SELECT (c ->> 'within')::float8 FROM jsonb_array_elements(state -> 'slower' -> 'cuts') c) AS within
           FROM gate_state WHERE migration = $1`,
        [key.migration],
      );
      return rows[0] ?? { last: '0', within: [] };
    }

    it('is seen by the times that legacy took before the attempt, all of which is evidence', async () => {
      await gateOf(SLOWER, {}, {}, { newAttempt: true });
      await record(...onLegacy(1, 100, 1));
      const ended = watch();
      await record(...onLegacy(1, 60), ...taking(51, 40));
      const end = await ended;
      expect(end).toMatchObject({ kind: 'limitCrossed', gate: 'routing-floor' });
      expect((end as { message: string }).message).toMatch(
        /of 40 on target 0% ended within 50s, which 83\.3% of 60 on legacy did \(legacy's p50\); (?:less than )?1 in [\d,]+ if healthy/,
      );
      expect(await evidence()).toMatchObject({
        verdict: 'limitCrossed',
        evidence: { carriedBy: 'p50', alpha: 0.05, outcomes: { target: { kept: 40, missed: 0 } } },
      });
    });

    it('passes where target is as fast, and goes by the time of the plan', async () => {
      await gateOf(SLOWER, {}, {}, { newAttempt: true });
      await record(...onLegacy(1, 100, 1));
      void watch({ timeScale: 60 });
      await record(...onLegacy(1, 100), ...taking(1, 100));
      await says('pass', 'of 100 on target');
      expect((await evidence())?.evidence['message']).toMatch(
        /(50% ended within 50m, which 50%|90% ended within 1h 30m, which 90%|99% ended within 1h 39m, which 99%) of 100 on legacy did/,
      );
      expect((await stored()).within).toEqual([50, 90, 99].map((seconds) => seconds * 60_000));
    });

    it('waits until enough is known of legacy; what that is known from is no evidence, and stays for the attempt, whoever watches', async () => {
      await gateOf(SLOWER, {}, {}, { newAttempt: true });
      void watch();
      await record(...onLegacy(1, 40), ...taking(500, 10));
      await says('insufficient', '40 of the 100 outcomes of legacy');
      await record(...onLegacy(41, 60), ...taking(500, 10));
      await says('insufficient', '0 of the 20 outcomes needed on target');
      const known = await stored();
      expect(known.within).toEqual([50_000, 90_000, 99_000]);
      expect(known.last).not.toBe('0');
      await die();
      // Others by now, which change nothing of what legacy took before.
      await record(...onLegacy(1, 30), ...onLegacy(200, 30), ...taking(1, 15), ...taking(200, 15));
      void watch();
      void watch();
      await until('all to be counted', async () => {
        const seen = (await evidence())?.evidence['outcomes'] as { target: { kept: number; missed: number } };
        return seen.target.kept + seen.target.missed === 30;
      });
      expect((await stored()).within).toEqual(known.within);
      expect((await evidence())?.evidence).toMatchObject({
        outcomes: { target: { kept: 15, missed: 15 }, legacy: { kept: 30, missed: 30 } },
      });
      const { epoch } = await new PostgresTrafficRouter(database.db).write({
        ...{ ...key, expectedEpoch: 2, share: 20_000, perDay: null, mode: 'open', lease: LEASE, cause: 'raised' },
      });
      await die();
      void watch({ epoch, step: 1 });
      await says('insufficient', '0 of the 20 outcomes needed since the split last changed');
      expect((await stored()).within).toEqual(known.within);
    });
  });

  it('R35 capacity: more open than the people on duty can work on, for as long as is agreed', async () => {
    await gateOf({ kind: 'capacity', team: 'care-coordination', during: 5_000 });
    const ended = watch();
    await record({ outcome: 'open', count: 2 });
    await says('pass', '2 open <= 100');
    await record({ outcome: 'open', count: 400 });
    await says('insufficient', '402 open > 100');
    await expect(ended).resolves.toMatchObject({ kind: 'limitCrossed', message: expect.stringContaining('402 open') });
  });
});
