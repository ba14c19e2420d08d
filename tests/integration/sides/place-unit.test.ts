import { bucketOf } from '../../../domain/sides/bucket';
import type { Side } from '../../../domain/sides/side';
import { Database } from '../../../store/database';
import { isOutOfReach } from '../../../store/out-of-reach';
import type { PlacedUnit } from '../../../store/place-units';
import { joinProcess } from './joined-process';
import { placeUnit } from './place-unit';
import { countPlacements } from '../../../store/placements';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { createTestDatabase, PATIENCE, type TestDatabase } from '../../setup/test-database';
import { episodes, OTHERS, PAYMENT, runOut, startMigration } from './started-migration';
import { until } from '../../setup/until';

const SALT = 'salt-of-the-tests';
const LEASE = 60_000;

let database: TestDatabase;
let db: Database;
/** Another process with connections of its own. */
let elsewhere: Database;
let migration: string;
let pilot: { migration: string; phase: string; cohort: string };
let others: { migration: string; phase: string; cohort: string };
let started = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
  elsewhere = Database.connect({ url: database.url, applicationName: 'elsewhere', patience: PATIENCE });
});
afterAll(async () => {
  await elsewhere.close();
  await database.drop();
});
beforeEach(async () => {
  migration = await startMigration(db, { id: `payment-${(started += 1)}`, salt: SALT });
  pilot = { migration, ...PAYMENT };
  others = { migration, ...OTHERS };
  await createSplit(db, { ...pilot, lease: LEASE });
  await createSplit(db, { ...others, lease: LEASE });
});

async function shift(key: typeof pilot, share: number, perDay: number | null = null): Promise<number> {
  const expectedEpoch = (await readSplit(db, key))?.epoch ?? 0;
  const write = { ...key, expectedEpoch, share, perDay, mode: 'open' as const, lease: LEASE, cause: 'raised' as const };
  return (await changeSplit(db, write)).epoch;
}

function ask(unit: string, key = pilot, by = db): Promise<PlacedUnit> {
  return placeUnit(by, { ...key, unit });
}

async function sidesInStore(): Promise<Map<string, Side>> {
  const { rows } = await db.query<{ unit: string; side: Side }>(
    `SELECT unit, side FROM placement WHERE migration = $1`,
    [migration],
  );
  return new Map(rows.map(({ unit, side }) => [unit, side]));
}

describe('the side of a unit that arrives', () => {
  it('is target for exactly those whose bucket is below the share', async () => {
    const epoch = await shift(pilot, 30_000);
    const units = episodes(200);
    const answers = await Promise.all(units.map((unit) => ask(unit)));
    const expected = units.map((unit) => (bucketOf(SALT, unit) < 30_000 ? 'target' : 'legacy'));
    expect(answers.map(({ side }) => side)).toEqual(expected);
    expect(new Set(expected)).toEqual(new Set(['legacy', 'target']));
    expect(answers.every((answer) => answer.epoch === epoch && answer.cohort === pilot.cohort)).toBe(true);
    expect([...(await sidesInStore()).values()].filter((side) => side === 'target')).toHaveLength(
      expected.filter((side) => side === 'target').length,
    );
  });

  it('is one side, however many processes are asked at the same time', async () => {
    await shift(pilot, 50_000);
    for (const unit of episodes(20, 1)) {
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) => ask(unit, pilot, index % 2 ? db : elsewhere)),
      );
      expect(new Set(answers.map(({ side }) => side)).size).toBe(1);
      expect(answers.filter(({ reason }) => reason !== 'placedBefore')).toHaveLength(1);
    }
    expect((await sidesInStore()).size).toBe(20);
  });

  it('is one side even when different attributes put the unit into different cohorts at once', async () => {
    await shift(pilot, 100_000);
    for (const unit of episodes(20, 2)) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => ask(unit, index % 2 ? pilot : others, index % 3 ? db : elsewhere)),
      );
      expect(new Set(answers.map(({ side, cohort }) => `${side}/${cohort ?? ''}`)).size).toBe(1);
    }
  });

  it('stays through the ramp, up and down (I1)', async () => {
    const units = episodes(100, 3);
    const first = new Map<string, Side>();
    for (const share of [10_000, 50_000, 100_000, 25_000, 0, 75_000]) {
      await shift(pilot, share);
      for (const unit of units.slice(0, 20 + first.size)) {
        const { side, reason } = await ask(unit);
        expect(reason === 'placedBefore').toBe(first.has(unit));
        expect(side).toBe(first.get(unit) ?? side);
        first.set(unit, side);
      }
    }
    expect(new Set(first.values()).size).toBe(2);
    expect(await sidesInStore()).toEqual(first);
  });

  it('keeps the cohort it was placed in', async () => {
    await shift(pilot, 100_000);
    const [unit = ''] = episodes(1, 4);
    const placed = await ask(unit);
    expect(await ask(unit, others)).toEqual({ ...placed, reason: 'placedBefore' });
  });

  it('is legacy in no cohort, and before its split is opened', async () => {
    const [one = '', other = ''] = episodes(2, 5);
    const outside = await placeUnit(db, { ...pilot, cohort: null, unit: one });
    expect(outside).toEqual({ side: 'legacy', reason: 'noCohort', cohort: null, epoch: 0 });
    const early = await placeUnit(db, { ...pilot, phase: 'intake', unit: other });
    expect(early).toEqual({ side: 'legacy', reason: 'notOpened', cohort: pilot.cohort, epoch: 0 });
    expect((await sidesInStore()).size).toBe(2);
  });

  it('is legacy once nobody renews the lease, and who is on target stays there (I1, I4)', async () => {
    await shift(pilot, 100_000);
    const [before = '', after = ''] = episodes(2, 6);
    await ask(before);
    await runOut(db, pilot);
    expect(await ask(after)).toMatchObject({ side: 'legacy', reason: 'unattended' });
    expect(await ask(before)).toMatchObject({ side: 'target', reason: 'placedBefore' });
  });

  it('is legacy while people are moved back, target for everyone after the commit', async () => {
    const epoch = await shift(pilot, 100_000);
    const [during = '', after = ''] = episodes(2, 7);
    const write = { ...pilot, share: 100_000, perDay: null, lease: LEASE };
    await changeSplit(db, { ...write, expectedEpoch: epoch, mode: 'returning', cause: 'rollback' });
    expect(await ask(during)).toMatchObject({ side: 'legacy', reason: 'returning' });
    await changeSplit(db, { ...write, expectedEpoch: epoch + 1, mode: 'committed', cause: 'committed' });
    expect(await ask(after)).toMatchObject({ side: 'target', reason: 'committed' });
  });

  it('does not depend on another cohort: its rollback changes nothing elsewhere (I9)', async () => {
    await shift(pilot, 100_000);
    await shift(others, 100_000);
    await Promise.all(episodes(30, 8).map((unit) => ask(unit)));
    await Promise.all(episodes(30, 9).map((unit) => ask(unit, others)));
    const rowsThere = `SELECT *, xmin FROM placement WHERE migration = $1 AND cohort = $2 ORDER BY unit`;
    const placementsThen = (await db.query(rowsThere, [migration, others.cohort])).rows;
    const splitThen = await readSplit(db, others);
    await shift(pilot, 0);
    expect((await db.query(rowsThere, [migration, others.cohort])).rows).toEqual(placementsThen);
    expect(await readSplit(db, others)).toEqual(splitThen);
    const [unit = ''] = episodes(1, 10);
    expect(await ask(unit, others)).toMatchObject({ side: 'target', reason: 'inShare' });
    expect(await countPlacements(db, migration)).toEqual([
      { phase: 'payment', cohort: 'everyone-else', legacy: 0, target: 31 },
      { phase: 'payment', cohort: 'pilot-states', legacy: 0, target: 30 },
    ]);
  });
});

describe('a ramp by number a day', () => {
  async function taken(): Promise<{ day: number; taken: number }[]> {
    const { rows } = await db.query<{ day: number; taken: number }>(
      `SELECT day, taken FROM split_day WHERE migration = $1 ORDER BY day`,
      [migration],
    );
    return rows;
  }

  async function startedAgo(seconds: number): Promise<void> {
    await db.query(`UPDATE migration SET started_at = clock_timestamp() - $2 * interval '1 second' WHERE id = $1`, [
      migration,
      seconds,
    ]);
  }

  it('takes exactly its number of 50 who arrive at the same time', async () => {
    await shift(pilot, 100_000, 7);
    const answers = await Promise.all(episodes(50).map((unit, index) => ask(unit, pilot, index % 2 ? db : elsewhere)));
    expect(answers.filter(({ side }) => side === 'target')).toHaveLength(7);
    expect(answers.filter(({ reason }) => reason === 'dayFull')).toHaveLength(43);
    expect([...(await sidesInStore()).values()].filter((side) => side === 'target')).toHaveLength(7);
    expect(await taken()).toEqual([{ day: 0, taken: 7 }]);
  });

  it('counts a unit once, however often it asks', async () => {
    await shift(pilot, 100_000, 5);
    const units = episodes(4, 1);
    await Promise.all(units.flatMap((unit) => Array.from({ length: 10 }, () => ask(unit))));
    expect(await taken()).toEqual([{ day: 0, taken: 4 }]);
  });

  it('leaves the day alone for those outside its share and after the count was lowered', async () => {
    await shift(pilot, 50_000, 20);
    const answers = await Promise.all(episodes(30, 2).map((unit) => ask(unit)));
    const onTarget = answers.filter(({ side }) => side === 'target').length;
    expect(await taken()).toEqual([{ day: 0, taken: onTarget }]);
    await shift(pilot, 100_000, 1);
    const late = await Promise.all(episodes(5, 3).map((unit) => ask(unit)));
    expect(late.map(({ reason }) => reason)).toEqual(Array(5).fill('dayFull'));
    expect(await taken()).toEqual([{ day: 0, taken: onTarget }]);
  });

  it('starts again each day of the plan, counted from the start of the migration', async () => {
    await shift(pilot, 100_000, 2);
    for (const [day, seconds] of [0, 86_401, 86_400 * 2 + 1].entries()) {
      await startedAgo(seconds);
      const answers = await Promise.all(episodes(4, 20 + day).map((unit) => ask(unit)));
      expect(answers.filter(({ side }) => side === 'target')).toHaveLength(2);
    }
    expect(await taken()).toEqual([0, 1, 2].map((day) => ({ day, taken: 2 })));
  });

  it('lets a day of a compressed migration be as short as its time scale says', async () => {
    await db.query(`UPDATE migration SET time_scale = 144 WHERE id = $1`, [migration]);
    await shift(pilot, 100_000, 3);
    await startedAgo(3 * 600 + 100);
    await ask(episodes(1, 30)[0] ?? '');
    expect(await taken()).toEqual([{ day: 3, taken: 1 }]);
  });
});

describe('a placement and a change of the split at the same time', () => {
  /** A session of its own that does not end its transaction until it is told to. */
  async function inTransaction(sql: string): Promise<{ end(): Promise<void> }> {
    let end = (): void => undefined;
    let begun = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const holding = new Promise<void>((resolve) => (begun = resolve));
    const transaction = elsewhere.transaction(async (connection) => {
      await connection.query(sql, [migration]);
      begun();
      await ended;
    });
    await Promise.race([holding, transaction]);
    return {
      end: async () => {
        end();
        await transaction;
      },
    };
  }

  async function waiting(locktype: 'advisory' | 'transactionid'): Promise<boolean> {
    const { rows } = await db.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = $1 AND NOT l.granted AND a.datname = current_database()`,
      [locktype],
    );
    return (rows[0]?.waiting ?? 0) > 0;
  }

  async function askUntilAnswered(unit: string): Promise<PlacedUnit> {
    for (;;) {
      try {
        return await ask(unit);
      } catch (error) {
        if (!isOutOfReach(error)) throw error;
      }
    }
  }

  it('decides by the changed split where it had to wait for the change (I2)', async () => {
    const epoch = await shift(pilot, 100_000);
    const change = await inTransaction(
      `UPDATE split SET epoch = epoch + 1, share = 0, lease_until = NULL WHERE migration = $1 AND cohort = 'pilot-states'`,
    );
    const answer = askUntilAnswered(episodes(1, 1)[0] ?? '');
    await until('the database to show it', () => waiting('transactionid'));
    await change.end();
    expect(await answer).toEqual({ side: 'legacy', reason: 'outsideShare', cohort: pilot.cohort, epoch: epoch + 1 });
  });

  it('finds a lease that ran out while it waited (I4)', async () => {
    await shift(pilot, 100_000);
    const lapse = await inTransaction(
      `UPDATE split SET lease_until = clock_timestamp() WHERE migration = $1 AND cohort = 'pilot-states'`,
    );
    const answer = askUntilAnswered(episodes(1, 4)[0] ?? '');
    await until('the database to show it', () => waiting('transactionid'));
    await lapse.end();
    expect(await answer).toMatchObject({ side: 'legacy', reason: 'unattended' });
  });

  it('finds a process that fell into limbo while it waited for the day to have room (I1)', async () => {
    await shift(pilot, 100_000, 10);
    await ask(episodes(1, 5)[0] ?? '');
    const another = await inTransaction('UPDATE split_day SET taken = taken WHERE migration = $1');
    const answer = askUntilAnswered(episodes(1, 6)[0] ?? '');
    await until('the database to show it', () => waiting('transactionid'));
    await joinProcess(db, { id: 'lost', keepsJournal: true, leaseLeft: -1 });
    await another.end();
    try {
      expect(await answer).toMatchObject({ side: 'legacy', reason: 'limbo' });
    } finally {
      await db.query('DELETE FROM api_process');
    }
  });

  it('does not let a stream of arrivals keep a rollback waiting', async () => {
    const epoch = await shift(pilot, 100_000);
    const placing = await inTransaction(
      `SELECT 1 FROM split WHERE migration = $1 AND cohort = 'pilot-states' FOR SHARE`,
    );
    const rollback = shift(pilot, 0);
    await until('the database to show it', () => waiting('transactionid'));
    // It could share the row with whoever is placing, but stands behind the rollback.
    const answer = askUntilAnswered(episodes(1, 2)[0] ?? '');
    await until('the database to show it', () => waiting('advisory'));
    await placing.end();
    expect(await rollback).toBe(epoch + 1);
    expect(await answer).toMatchObject({ side: 'legacy', epoch: epoch + 1 });
  });

  it('gives up within its limit, and leaves the unit without a side', async () => {
    await shift(pilot, 100_000);
    const [unit = ''] = episodes(1, 3);
    const stuck = await inTransaction(`UPDATE split SET changed_at = changed_at WHERE migration = $1`);
    const failure: unknown = await ask(unit).catch((error: unknown) => error);
    await stuck.end();
    expect(isOutOfReach(failure)).toBe(true);
    // Of waiting for a lock: the limit of all statements, which is longer, would have another code.
    expect(failure).toMatchObject({ code: '55P03' });
    expect((await sidesInStore()).has(unit)).toBe(false);
    expect(await ask(unit)).toMatchObject({ side: 'target' });
  });

  it('says that a unit of no stored migration cannot be placed', async () => {
    await expect(placeUnit(db, { ...pilot, migration: 'never-started', unit: episodes(1)[0] ?? '' })).rejects.toThrow(
      /not stored/,
    );
  });
});
