import type { UnitKeys } from '../../../domain/sides/units';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { placeUnit } from './place-unit';
import { countEventsOnTarget } from '../../../store/rollback-facts';
import { bringBackUnits, countPlacements, inFlightOnTarget, type BringBack } from '../../../store/placements';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { episodes, OTHERS, PAYMENT, startMigration } from './started-migration';

const LEASE = 60_000;
const MILESTONES = [
  { id: 'paid', reachedBy: 'payment.succeeded' },
  { id: 'in-review', reachedBy: 'review.assigned' },
];
const QUEUE = { id: 'payment-not-routed', owner: 'care-coordination', slaMs: 7_200_000 };

let database: TestDatabase;
let db: Database;
let migration: string;
let pilot: { migration: string; phase: string; cohort: string };
let others: { migration: string; phase: string; cohort: string };
let started = 0;
let sent = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = await startMigration(db, { id: `payment-${(started += 1)}` });
  pilot = { migration, ...PAYMENT };
  others = { migration, ...OTHERS };
  for (const key of [pilot, others]) {
    await createSplit(db, { ...key, lease: LEASE });
    await changeSplit(db, {
      ...key,
      expectedEpoch: 1,
      share: 100_000,
      perDay: null,
      mode: 'open',
      lease: LEASE,
      cause: 'raised',
    });
  }
});

async function arrive(units: readonly string[], key = pilot): Promise<void> {
  await Promise.all(units.map((unit) => placeUnit(db, { ...key, unit })));
}

function patientOf(journey: string): string {
  return journey.replace(/^epi/, 'pat');
}

/**
 * One event of each journey; `units` says which keys its producer knows beside journey and subject. A producer's milliseconds may be behind the
 * microseconds of a placement that was made just before: the next one never is.
 */
async function happened(type: string, journeys: readonly string[], units: UnitKeys = {}): Promise<void> {
  await storeEvents(
    db,
    journeys.map((journey) => ({
      ...{
        migration,
        type,
        journey,
        subject: patientOf(journey),
        source: '/legacy/billing',
        id: `event-${(sent += 1)}`,
      },
      units: { episode: journey, patient: patientOf(journey), ...units },
      ...{ time: Date.now() + 1, sequence: 0, data: {}, contentHash: `hash-${sent}`, lateness: 60_000 },
    })),
  );
}

async function startReturning(key = pilot): Promise<number> {
  const change = { ...key, expectedEpoch: 2, share: 0, perDay: null, lease: LEASE };
  return (await changeSplit(db, { ...change, mode: 'returning', cause: 'rollback' })).epoch;
}

function orders(epoch: number, bringBack: (string | null)[], other: Partial<BringBack> = {}): BringBack {
  return { ...pilot, unitKind: 'episode', milestones: MILESTONES, epoch, bringBack, queue: QUEUE, ...other };
}

async function cases(): Promise<Record<string, unknown>[]> {
  const { rows } = await db.query(
    `SELECT cause, queue, owner, phase, cohort, side, journey, subject, state,
            (extract(epoch FROM due_at - opened_at) * 1000)::float8 AS "slaMs"
       FROM exception WHERE migration = $1 ORDER BY cause`,
    [migration],
  );
  return rows;
}

async function batchesAudited(): Promise<number[]> {
  const { rows } = await db.query<{ moved: number }>(
    `SELECT (evidence ->> 'moved')::int AS moved FROM audit WHERE migration = $1 AND action = 'placement.broughtBack' ORDER BY id`,
    [migration],
  );
  return rows.map(({ moved }) => moved);
}

describe('people on target, by how far they got', () => {
  it('counts each once, by the last milestone of the journey, whatever order it was reached in', async () => {
    const units = episodes(10);
    await arrive(units);
    await happened('payment.succeeded', units.slice(0, 6));
    await happened('payment.succeeded', units.slice(0, 2));
    await happened('review.assigned', units.slice(0, 1));
    await happened('review.assigned', units.slice(9));
    expect(await inFlightOnTarget(db, { ...pilot, unitKind: 'episode', milestones: MILESTONES })).toEqual([
      { milestone: null, people: 3, paused: 0, cases: 3, newCases: 3 },
      { milestone: 'paid', people: 5, paused: 0, cases: 5, newCases: 5 },
      { milestone: 'in-review', people: 2, paused: 0, cases: 2, newCases: 2 },
    ]);
  });

  it('leaves out legacy, other cohorts, and those whose unit is closed', async () => {
    const [here = '', closed = ''] = episodes(2, 1);
    await arrive([here, closed]);
    await arrive(episodes(3, 2), others);
    await db.query(`UPDATE placement SET closed_at = clock_timestamp() WHERE migration = $1 AND unit = $2`, [
      migration,
      closed,
    ]);
    await startReturning();
    await arrive(episodes(4, 3));
    expect(await inFlightOnTarget(db, { ...pilot, unitKind: 'episode', milestones: MILESTONES })).toEqual([
      { milestone: null, people: 1, paused: 0, cases: 1, newCases: 1 },
    ]);
  });

  it('finds the way of a unit whose key only some producers know', async () => {
    const [journey = '', other = ''] = episodes(2, 4);
    const subscription = 'sub_00000000-0000-4000-8000-000000000001';
    await arrive([subscription]);
    await happened('checkout.started', [journey], { subscription });
    await happened('payment.succeeded', [journey]);
    // Of another subscription in the same journey, and of a journey that is not this unit's.
    await happened('review.assigned', [journey], { subscription: 'sub_00000000-0000-4000-8000-000000000002' });
    await happened('review.assigned', [other]);
    expect(await inFlightOnTarget(db, { ...pilot, unitKind: 'subscription', milestones: MILESTONES })).toEqual([
      { milestone: 'paid', people: 1, paused: 0, cases: 1, newCases: 1 },
    ]);
  });

  it('counts any number of people, some at a time, as all at once', async () => {
    const units = episodes(7, 6);
    await arrive(units);
    await happened('payment.succeeded', units.slice(0, 4));
    const of = { ...pilot, unitKind: 'episode', milestones: MILESTONES, countCases: true } as const;
    const atOnce = await inFlightOnTarget(db, of);
    expect(atOnce).toMatchObject([
      { milestone: null, people: 3 },
      { milestone: 'paid', people: 4 },
    ]);
    expect(await inFlightOnTarget(db, { ...of, atOnce: 2 })).toEqual(atOnce);
    const types = ['payment.succeeded'];
    expect(await countEventsOnTarget(db, { ...pilot, unitKind: 'episode', types, atOnce: 2 })).toEqual({
      'payment.succeeded': 4,
    });
  });

  it('answers for a phase that declares no milestones', async () => {
    await arrive(episodes(2, 5));
    expect(await inFlightOnTarget(db, { ...pilot, unitKind: 'episode', milestones: [] })).toEqual([
      { milestone: null, people: 2, paused: 0, cases: 2, newCases: 2 },
    ]);
  });
});

describe('a milestone that is reported while people are being brought back', () => {
  it('keeps them on target where it is stored before their turn, though not before the batch began', async () => {
    const [unit = ''] = episodes(1, 90);
    await arrive([unit]);
    const epoch = await startReturning();
    let end = (): void => undefined;
    const released = new Promise<void>((resolve) => (end = resolve));
    let holds = false;
    const holding = db.transaction(async (connection) => {
      await connection.query('UPDATE placement SET placed_at = placed_at WHERE migration = $1', [migration]);
      holds = true;
      await released;
    });
    await until('somebody holds it', () => holds);
    const moved = bringBackUnits(db, orders(epoch, [null]));
    await until('the batch waits for it', async () => {
      const { rows } = await db.query<{ waiting: boolean }>(
        `SELECT count(*) > 0 AS waiting FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
          WHERE NOT l.granted AND a.datname = current_database()`,
      );
      return rows[0]?.waiting === true;
    });
    await happened('payment.succeeded', [unit]);
    end();
    await holding;
    expect(await moved).toBe(0);
    expect(await cases()).toEqual([]);
  });
});

describe('bringing people back (I1)', () => {
  it('moves those who did not get far, each with one exception, and leaves the others', async () => {
    const units = episodes(7);
    await arrive(units);
    await happened('payment.succeeded', units.slice(0, 4));
    await happened('review.assigned', units.slice(0, 1));
    const epoch = await startReturning();
    expect(await bringBackUnits(db, orders(epoch, ['paid']))).toBe(3);
    expect((await cases()).map(({ journey }) => journey)).toEqual(units.slice(1, 4));
    expect(await bringBackUnits(db, orders(epoch, [null]))).toBe(3);
    const opened = await cases();
    expect(opened).toHaveLength(6);
    expect(opened[0]).toEqual({
      ...{
        cause: `bringBack:payment:${units[1] ?? ''}:${epoch}:${units[1] ?? ''}`,
        queue: QUEUE.id,
        owner: QUEUE.owner,
        state: 'open',
      },
      ...{
        phase: 'payment',
        cohort: pilot.cohort,
        side: 'target',
        journey: units[1],
        subject: patientOf(units[1] ?? ''),
      },
      slaMs: QUEUE.slaMs,
    });
    // Nothing was ever reported of the last one: its own key is all there is to work with.
    expect(opened[5]).toMatchObject({ journey: units[6], subject: units[6] });
    const { rows } = await db.query(
      `SELECT unit, side, epoch::int AS epoch, moved_from AS "movedFrom", moved_because AS because, moved_at IS NOT NULL AS dated
         FROM placement WHERE migration = $1 ORDER BY unit LIMIT 2`,
      [migration],
    );
    expect(rows).toEqual([
      { unit: units[0], side: 'target', epoch: 2, movedFrom: null, because: null, dated: false },
      { unit: units[1], side: 'legacy', epoch: 2, movedFrom: 'target', because: 'bringBack', dated: true },
    ]);
  });

  it('keeps those who were brought back on legacy, even when the split rises again', async () => {
    const units = episodes(3);
    await arrive(units);
    const epoch = await startReturning();
    await bringBackUnits(db, orders(epoch, [null]));
    await changeSplit(db, {
      ...pilot,
      expectedEpoch: epoch,
      share: 100_000,
      perDay: null,
      mode: 'open',
      lease: LEASE,
      cause: 'raised',
    });
    const answers = await Promise.all(units.map((unit) => placeUnit(db, { ...pilot, unit })));
    expect(answers.map(({ side, reason }) => `${side} ${reason}`)).toEqual(Array(3).fill('legacy placedBefore'));
  });

  it('goes on where a crash stopped it: nobody twice, nobody forgotten', async () => {
    await arrive(episodes(25));
    const epoch = await startReturning();
    const batched = orders(epoch, [null], { batchSize: 10 });
    await expect(bringBackUnits(crashingInTransaction(2), batched)).rejects.toThrow('crash');
    expect(await countPlacements(db, migration)).toEqual([{ ...counts(pilot), legacy: 10, target: 15 }]);
    expect(await cases()).toHaveLength(10);
    expect(await bringBackUnits(db, batched)).toBe(15);
    expect(await bringBackUnits(db, batched)).toBe(0);
    expect(await countPlacements(db, migration)).toEqual([{ ...counts(pilot), legacy: 25, target: 0 }]);
    expect(new Set((await cases()).map(({ journey }) => journey)).size).toBe(25);
    expect(await cases()).toHaveLength(25);
    expect(await batchesAudited()).toEqual([10, 10, 5]);
  });

  it('moves each once where two do it at the same time', async () => {
    await arrive(episodes(40));
    const epoch = await startReturning();
    const batched = orders(epoch, [null], { batchSize: 7 });
    const moved = await Promise.all([
      bringBackUnits(db, batched),
      bringBackUnits(db, batched),
      bringBackUnits(db, batched),
    ]);
    expect(moved.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(await cases()).toHaveLength(40);
  });

  it('touches no other cohort (I9)', async () => {
    await arrive(episodes(5));
    await arrive(episodes(5, 1), others);
    const rowsThere = `SELECT *, xmin FROM placement WHERE migration = $1 AND cohort = $2 ORDER BY unit`;
    const then = (await db.query(rowsThere, [migration, others.cohort])).rows;
    const epoch = await startReturning();
    expect(await bringBackUnits(db, orders(epoch, [null]))).toBe(5);
    expect((await db.query(rowsThere, [migration, others.cohort])).rows).toEqual(then);
    expect((await cases()).every(({ cohort }) => cohort === pilot.cohort)).toBe(true);
  });

  it('is refused while the split takes arrivals, and once it has changed since', async () => {
    await arrive(episodes(2));
    const open = await readSplit(db, pilot);
    await expect(bringBackUnits(db, orders(open?.epoch ?? 0, [null]))).rejects.toMatchObject({ code: 'not-returning' });
    const epoch = await startReturning();
    await expect(bringBackUnits(db, orders(epoch - 1, [null]))).rejects.toMatchObject({
      code: 'stale-epoch',
      current: epoch,
    });
    expect(await countPlacements(db, migration)).toEqual([{ ...counts(pilot), legacy: 0, target: 2 }]);
    expect(await cases()).toEqual([]);
  });
});

function counts({ phase, cohort }: typeof pilot): { phase: string; cohort: string } {
  return { phase, cohort };
}

/** The same database for a process that dies at the end of its nth transaction, before that is committed. */
function crashingInTransaction(nth: number): Database {
  let transactions = 0;
  const transaction: Database['transaction'] = (work) =>
    db.transaction(async (connection) => {
      const result = await work(connection);
      if ((transactions += 1) === nth) throw new Error('crash');
      return result;
    });
  return Object.assign(Object.create(db) as Database, { transaction });
}
