import { MockActivityEnvironment } from '@temporalio/testing';
import type { MetricReading } from '../../../activities/gates/metric-source';
import { readSource } from '../../../activities/gates/read-gates';
import { watchActivities } from '../../../activities/gates/watch-step';
import { PlanReader } from '../../../activities/plan-reader';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import type { Actor } from '../../../domain/phase/actor';
import type { Verdict } from '../../../domain/gates/verdict';
import { loadPlan } from '../../../domain/plan/load-plan';
import { readGatesOfPhase } from '../../../store/gates-of-phase';
import { askOverride, confirmOverride, withdrawOverride } from '../../../store/override-gate';
import { createSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { PAYMENT, PLAN_TEXT, startMigration } from '../sides/started-migration';

const LEASE = 60_000;
const GATES = ['routing-floor', 'routing-against-legacy', 'messages-floor'] as const;
const manager = (id: string): Actor => ({ id, roles: ['release-manager'], verified: true });
const ONE = manager('release-manager-2');
const TWO = manager('release-manager-3');

let database: TestDatabase;
let migration: string;
let started = 0;
let looks: number;
let reading: MetricReading;
let environment: MockActivityEnvironment;
let ended: Promise<unknown> | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = await startMigration(database.db, { id: `overridden-${(started += 1)}` });
  await createSplit(database.db, { migration, ...PAYMENT, lease: LEASE });
  await new PostgresTrafficRouter(database.db).write({
    ...{ migration, ...PAYMENT, expectedEpoch: 1, share: 10_000, perDay: null, mode: 'open', lease: LEASE },
    cause: 'raised',
  });
  looks = 0;
  reading = { kind: 'noData', message: 'nothing ended yet.' };
  environment = new MockActivityEnvironment();
  ended = undefined;
});
afterEach(async () => {
  environment.cancel();
  await ended;
});

/** Watches a step whose time is over; gives how the watch ended. */
function watch(): Promise<unknown> {
  const { db } = database;
  const activities = watchActivities({
    ...{ db, router: new PostgresTrafficRouter(db), plans: new PlanReader(db), tick: 5 },
    readGates: (gates) => Promise.all(gates.map((one) => readSource({ read: () => Promise.resolve(reading) }, one))),
    control: { provenAt: () => new Date(8.64e15) },
    tell: () => Promise.resolve(),
    lapsedFor: () => Promise.resolve(undefined),
    recordLapses: () => Promise.resolve(undefined),
    stopping: new AbortController().signal,
    onLook: () => (looks += 1),
  });
  const step = {
    ...{ migration, ...PAYMENT, planHash: loadPlan(PLAN_TEXT).hash, epoch: 2, attempt: 1, step: 0, watchMs: 0 },
    ...({ until: 'stepDone', timeScale: 1 } as const),
  };
  ended = environment.run(() => activities.watchStep(step)).catch((error: unknown) => error);
  return ended;
}

async function moreLooks(): Promise<void> {
  const enough = looks + 4;
  await until('four looks', () => looks >= enough);
}

async function override(gate: string, verdict: Verdict = 'noData'): Promise<string> {
  const { db } = database;
  const { cohort, phase } = PAYMENT;
  const of = { phase, cohort, gate, seen: { verdict }, reason: 'counted by hand' };
  const { id } = await askOverride(db, { migration, actor: ONE }, of);
  await confirmOverride(db, { migration, actor: TWO }, { override: id, seen: { verdict } });
  return id;
}

const hasEnded = async (): Promise<boolean> => (await Promise.race([ended, Promise.resolve('not yet')])) !== 'not yet';

describe('R37 a step whose gates two people override', () => {
  it('goes on once each gate that does not pass is overridden, and not before', async () => {
    const end = watch();
    await moreLooks();
    for (const gate of GATES.slice(1)) await override(gate);
    await moreLooks();
    expect(await hasEnded()).toBe(false);
    await override(GATES[0]);
    expect(await end).toMatchObject({ kind: 'stepDone' });
    const { gates } = await readGatesOfPhase(database.db, { migration, phase: PAYMENT.phase, cohort: PAYMENT.cohort });
    expect(gates.map(({ gate, found }) => [gate, found?.verdict])).toEqual(GATES.map((gate) => [gate, 'noData']));
    for (const { found } of gates)
      expect(found?.sentence).toMatch(
        /no data: nothing ended yet; .*; overridden by release-manager-2 and release-manager-3: counted by hand$/,
      );
  });

  it('waits as before once one of them is withdrawn', async () => {
    const end = watch();
    await moreLooks();
    const first = await override(GATES[0]);
    await withdrawOverride(database.db, { migration, actor: ONE }, { override: first });
    for (const gate of GATES.slice(1)) await override(gate);
    await moreLooks();
    expect(await hasEnded()).toBe(false);
    await override(GATES[0]);
    expect(await end).toMatchObject({ kind: 'stepDone' });
  });

  it('rolls back all the same where a limit is crossed that nobody agreed to, with both numbers on its page', async () => {
    const end = watch();
    await moreLooks();
    await override(GATES[0]);
    const counts = (kept: number, missed: number) => {
      const of = { kept, missed, released: 0 };
      return { attempt: of, epoch: of };
    };
    reading = { kind: 'reading', reading: { target: counts(5, 55), legacy: counts(25, 275), newestAt: null } };
    expect(await end).toMatchObject({ kind: 'limitCrossed', gate: GATES[0] });
    const { gates } = await readGatesOfPhase(database.db, { migration, phase: PAYMENT.phase, gate: GATES[0] });
    const found = gates[0]?.found;
    expect(found).toMatchObject({
      ...{
        verdict: 'limitCrossed',
        isCurrent: true,
        target: { kept: 5, missed: 55 },
        legacy: { kept: 25, missed: 275 },
      },
      against: { agreed: '1 in 60' },
    });
    expect(found?.sentence).toMatch(
      /^payment\.succeeded -> review\.assigned kept 8\.3% of 60 on target, 8\.3% of 300 on legacy; evidence .* against chance \(against the floor\), agreed limit 1 in 60; signed by release-manager-1$/,
    );
  });
});
