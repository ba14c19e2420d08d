import { StaleEpoch } from '../../../domain/sides/stale-epoch';
import type { Database } from '../../../store/database';
import {
  changeSplit,
  createSplit,
  lapseExpiredSplits,
  lowerAllOpenSplits,
  readLapse,
  readSplit,
  renewLease,
  splitsOf,
} from '../../../store/splits';
import { endMigration, getMigration, saveMigrationProgress } from '../../../store/migration-records';
import { newMigrationRun } from '../../../domain/migration/migration-run';
import { holdMigration, MigrationHeld, refuseWhileHeld, untoldHolds } from '../../../store/migration-holds';
import { until } from '../../setup/until';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { OTHERS, PAYMENT, runOut, startMigration } from './started-migration';

const LEASE = 60_000;

let database: TestDatabase;
let db: Database;
let migration: string;
let pilot: { migration: string; phase: string; cohort: string };
let others: { migration: string; phase: string; cohort: string };
let started = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = await startMigration(db, { id: `payment-${(started += 1)}` });
  pilot = { migration, ...PAYMENT };
  others = { migration, ...OTHERS };
  await createSplit(db, { ...pilot, lease: LEASE });
});

const TEN = { share: 10_000, perDay: null, mode: 'open', lease: LEASE, cause: 'raised' } as const;

async function version(): Promise<number> {
  const { rows } = await db.query<{ version: number }>('SELECT version::float8 AS version FROM split_version');
  return rows[0]?.version ?? Number.NaN;
}

async function history(): Promise<unknown[]> {
  const { rows } = await db.query(
    `SELECT epoch::float8 AS epoch, share, per_day AS "perDay", max_open AS "maxOpen", mode, cause FROM split_change WHERE migration = $1 AND cohort = $2 ORDER BY epoch`,
    [migration, pilot.cohort],
  );
  return rows;
}

async function audited(): Promise<Record<string, unknown>[]> {
  const { rows } = await db.query(
    `SELECT action, actor, cohort, plan_hash IS NOT NULL AS "withPlan", evidence FROM audit WHERE migration = $1 ORDER BY id`,
    [migration],
  );
  return rows;
}

describe('the splits of a migration', () => {
  it('are opened at zero, once', async () => {
    const before = await version();
    const opened = await Promise.all(Array.from({ length: 5 }, () => createSplit(db, { ...others, lease: LEASE })));
    expect(new Set(opened.map(({ epoch }) => epoch))).toEqual(new Set([1]));
    expect(opened[0]).toMatchObject({
      ...others,
      share: 0,
      perDay: null,
      mode: 'open',
      leaseUntil: null,
      attemptEpoch: 1,
    });
    expect(await version()).toBe(before + 1);
    await changeSplit(db, { ...others, ...TEN, expectedEpoch: 1 });
    expect(await createSplit(db, { ...others, lease: LEASE })).toMatchObject({ epoch: 2, share: 10_000 });
  });

  it('are listed by phase and cohort', async () => {
    await createSplit(db, { ...others, lease: LEASE });
    await createSplit(db, { migration, phase: 'intake', cohort: 'all', lease: LEASE });
    const listed = await splitsOf(db, migration);
    expect(listed.map(({ phase, cohort }) => `${phase}/${cohort}`)).toEqual([
      'intake/all',
      'payment/everyone-else',
      'payment/pilot-states',
    ]);
  });

  it('keep every change: history, version and audit log with it (I13)', async () => {
    const before = await version();
    await changeSplit(db, { ...pilot, ...TEN, perDay: 5, maxOpen: 9, expectedEpoch: 1, newAttempt: true });
    await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 2, share: 0, cause: 'rollback', mode: 'returning' });
    expect(await version()).toBe(before + 2);
    expect(await history()).toEqual([
      { epoch: 1, share: 0, perDay: null, maxOpen: null, mode: 'open', cause: 'created' },
      { epoch: 2, share: 10_000, perDay: 5, maxOpen: 9, mode: 'open', cause: 'raised' },
      { epoch: 3, share: 0, perDay: null, maxOpen: null, mode: 'returning', cause: 'rollback' },
    ]);
    const rows = await audited();
    expect(rows.map(({ action }) => action)).toEqual(['split.created', 'split.raised', 'split.rollback']);
    expect(rows.every((row) => row['withPlan'] === true && row['cohort'] === pilot.cohort)).toBe(true);
    expect(rows[2]?.['evidence']).toEqual({
      epoch: 3,
      from: { share: 10_000, perDay: 5, maxOpen: 9, mode: 'open', unattended: false },
      to: { share: 0, perDay: null, maxOpen: null, mode: 'returning' },
    });
  });

  it('leave nothing behind where a change is refused or repeated', async () => {
    await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 1 });
    const [before, rows, log] = [await version(), await history(), await audited()];
    await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 1 });
    await expect(changeSplit(db, { ...pilot, ...TEN, share: 50_000, expectedEpoch: 1 })).rejects.toThrow(StaleEpoch);
    await expect(changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 7 })).rejects.toThrow(StaleEpoch);
    expect([await version(), await history(), await audited()]).toEqual([before, rows, log]);
  });

  it('tell each of many late writers that they are late, and nothing else', async () => {
    // As many connections as writers: none waits for one, so that they wait for each other in Postgres.
    await Promise.all(Array.from({ length: 8 }, () => db.query('SELECT pg_sleep(0)')));
    for (let epoch = 1; epoch <= 10; epoch += 1) {
      const shares = Array.from({ length: 8 }, (_, index) => epoch * 100 + index);
      const writes = shares.map((share) => changeSplit(db, { ...pilot, ...TEN, share, expectedEpoch: epoch }));
      const refused = (await Promise.allSettled(writes)).filter(({ status }) => status === 'rejected');
      expect(refused).toHaveLength(7);
      for (const write of refused) expect(write).toMatchObject({ reason: { sent: epoch, current: epoch + 1 } });
    }
  });

  it('cannot be changed before they are opened', async () => {
    await expect(changeSplit(db, { ...others, ...TEN, expectedEpoch: 1 })).rejects.toMatchObject({
      code: 'unknown-split',
    });
    expect(await readSplit(db, others)).toBeUndefined();
  });
});

describe('a split that nobody looks after (I4)', () => {
  it('is written down as fallen, once, by any number of sweepers', async () => {
    await createSplit(db, { ...others, lease: LEASE });
    await changeSplit(db, { ...others, ...TEN, expectedEpoch: 1 });
    const { epoch } = await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 1, newAttempt: true });
    const healthy = await readSplit(db, others);
    await runOut(db, pilot, 5_000);
    const swept = (await Promise.all(Array.from({ length: 6 }, () => lapseExpiredSplits(db)))).flat();
    expect(swept).toHaveLength(1);
    expect(swept[0]).toMatchObject({
      ...pilot,
      epoch: epoch + 1,
      share: 0,
      mode: 'open',
      leaseUntil: null,
      attemptEpoch: epoch,
    });
    expect(await readSplit(db, pilot)).toEqual(swept[0]);
    expect(await readSplit(db, others)).toEqual(healthy);
    expect((await audited()).map(({ action, actor }) => `${String(action)} by ${String(actor)}`)).toContain(
      'split.lapsed by system:sweeper',
    );
    expect(await lapseExpiredSplits(db)).toEqual([]);
  });

  it('tells whoever watched it that it fell, and how long ago its lease had run out', async () => {
    const { epoch } = await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 1 });
    await runOut(db, pilot, 90_000);
    expect(await readLapse(db, pilot, epoch)).toBeUndefined();
    await lapseExpiredSplits(db);
    const lapse = await readLapse(db, pilot, epoch);
    expect(lapse?.epoch).toBe(epoch + 1);
    expect(lapse?.lapsedFor).toBeGreaterThanOrEqual(90_000);
    expect(lapse?.lapsedFor).toBeLessThan(90_000 + 20_000);
    // Raising it again does not make it forgotten; other epochs did not fall.
    await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: epoch + 1, cause: 'restored' });
    expect((await readLapse(db, pilot, epoch))?.lapsedFor).toBeGreaterThanOrEqual(90_000);
    expect(await readLapse(db, pilot, epoch + 1)).toBeUndefined();
    expect(await readLapse(db, pilot, 1)).toBeUndefined();
  });

  it('tells it too where a late writer found it before any sweeper did', async () => {
    const { epoch } = await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 1 });
    await runOut(db, pilot, 30_000);
    await expect(changeSplit(db, { ...pilot, ...TEN, share: 25_000, expectedEpoch: epoch })).rejects.toMatchObject({
      current: epoch + 1,
    });
    expect((await readLapse(db, pilot, epoch))?.lapsedFor).toBeGreaterThanOrEqual(30_000);
    expect(await history()).toContainEqual({
      epoch: epoch + 1,
      share: 0,
      perDay: null,
      maxOpen: null,
      mode: 'open',
      cause: 'lapsed',
    });
  });

  it('tells it too where the watcher itself wrote the fallback', async () => {
    const { epoch } = await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 1 });
    await runOut(db, pilot, 30_000);
    await changeSplit(db, { ...pilot, ...TEN, share: 0, cause: 'lapsed', expectedEpoch: epoch });
    expect((await readLapse(db, pilot, epoch))?.lapsedFor).toBeGreaterThanOrEqual(30_000);
  });

  it('does not take a rollback for a fall', async () => {
    const { epoch } = await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 1 });
    await changeSplit(db, { ...pilot, ...TEN, share: 0, cause: 'rollback', expectedEpoch: epoch });
    expect(await readLapse(db, pilot, epoch)).toBeUndefined();
  });

  it('is left alone while it is renewed, while people return, and once committed', async () => {
    const { epoch } = await changeSplit(db, { ...pilot, ...TEN, share: 100_000, expectedEpoch: 1 });
    const { rows } = await db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    await renewLease(db, { ...pilot, epoch, lease: 2 * LEASE, provenAt: rows[0]?.now ?? new Date(0) });
    expect(await lapseExpiredSplits(db)).toEqual([]);
    await changeSplit(db, {
      ...pilot,
      ...TEN,
      share: 100_000,
      mode: 'returning',
      cause: 'rollback',
      expectedEpoch: epoch,
    });
    await runOut(db, pilot);
    expect(await lapseExpiredSplits(db)).toEqual([]);
    await createSplit(db, { ...others, lease: LEASE });
    await changeSplit(db, { ...others, ...TEN, share: 100_000, expectedEpoch: 1 });
    await changeSplit(db, {
      ...others,
      ...TEN,
      share: 100_000,
      mode: 'committed',
      cause: 'committed',
      expectedEpoch: 2,
    });
    expect(await lapseExpiredSplits(db)).toEqual([]);
    expect(await readSplit(db, others)).toMatchObject({ mode: 'committed', share: 100_000, lapsed: false });
  });
});

describe('a stop of everything', () => {
  const STOP = { cause: 'stopped', actor: 'clinical-lead-1', reason: 'labels-mixed-up' } as const;

  async function raised(key: typeof pilot, mode: 'open' | 'returning' | 'committed' = 'open'): Promise<typeof pilot> {
    await createSplit(db, { ...key, lease: LEASE });
    await changeSplit(db, { ...key, ...TEN, share: 100_000, perDay: 8, maxOpen: 4, expectedEpoch: 1 });
    if (mode === 'open') return key;
    const cause = mode === 'committed' ? 'committed' : 'rollback';
    await changeSplit(db, { ...key, ...TEN, share: 100_000, mode, cause, expectedEpoch: 2 });
    return key;
  }

  it('lowers every open split of every live migration, with who did it, and no committed one', async () => {
    await lowerAllOpenSplits(db, STOP);
    const second = { ...pilot, migration: await startMigration(db, { id: `payment-${(started += 1)}` }) };
    const ended = { ...pilot, migration: await startMigration(db, { id: `payment-${(started += 1)}` }) };
    await raised(pilot);
    await raised(second);
    const untouched = [
      await raised({ ...others, cohort: 'committed' }, 'committed'),
      await raised({ ...others, cohort: 'returning' }, 'returning'),
      await raised(ended),
    ];
    await createSplit(db, { ...others, lease: LEASE });
    await endMigration(db, ended.migration);
    const before = await Promise.all([...untouched, others].map((key) => readSplit(db, key)));

    const { lowered, failed } = await lowerAllOpenSplits(db, STOP);
    expect(failed).toEqual([]);
    expect(lowered.map(({ migration: id, cohort }) => `${id}/${cohort}`).sort()).toEqual(
      [pilot, second].map(({ migration: id, cohort }) => `${id}/${cohort}`).sort(),
    );
    for (const split of lowered) {
      expect(split).toMatchObject({ epoch: 3, share: 0, perDay: null, maxOpen: null, mode: 'open', leaseUntil: null });
      expect(await readSplit(db, split)).toEqual(split);
    }
    expect(await Promise.all([...untouched, others].map((key) => readSplit(db, key)))).toEqual(before);
    const { rows } = await db.query(
      `SELECT actor, reason, evidence -> 'from' AS "from" FROM audit WHERE action = 'split.stopped' AND migration = ANY ($1) ORDER BY migration`,
      [[pilot.migration, second.migration]],
    );
    const told = { actor: STOP.actor, reason: STOP.reason };
    const from = { share: 100_000, perDay: 8, maxOpen: 4, mode: 'open', unattended: false };
    expect(rows).toEqual([
      { ...told, from },
      { ...told, from },
    ]);
  });

  it('refuses a raise that was on its way, and finds nothing left when it is repeated', async () => {
    await raised(pilot);
    const [first, second] = await Promise.all([lowerAllOpenSplits(db, STOP), lowerAllOpenSplits(db, STOP)]);
    expect([...first.lowered, ...second.lowered]).toHaveLength(1);
    await expect(changeSplit(db, { ...pilot, ...TEN, share: 100_000, expectedEpoch: 2 })).rejects.toThrow(StaleEpoch);
    expect(await lowerAllOpenSplits(db, STOP)).toEqual({ lowered: [], failed: [] });
    expect(await readSplit(db, pilot)).toMatchObject({ epoch: 3, share: 0 });
  });

  it('goes on past a split that somebody holds', async () => {
    await raised(pilot);
    await raised(others);
    let end = (): void => undefined;
    let begun = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const holding = new Promise<void>((resolve) => (begun = resolve));
    const stuck = db.transaction(async (connection) => {
      await connection.query(`SELECT 1 FROM split WHERE migration = $1 AND cohort = $2 FOR UPDATE`, [
        migration,
        others.cohort,
      ]);
      begun();
      await ended;
    });
    await holding;
    const { lowered, failed } = await lowerAllOpenSplits(db, STOP);
    end();
    await stuck;
    expect(lowered.map(({ cohort }) => cohort)).toEqual([pilot.cohort]);
    expect(failed).toMatchObject([{ ...others }]);
    expect((await lowerAllOpenSplits(db, STOP)).lowered.map(({ cohort }) => cohort)).toEqual([others.cohort]);
  });
});

describe('a hold of the migration', () => {
  const actor = { id: 'clinical-lead-1', roles: ['clinical-lead' as const], verified: true };

  async function heldBy(): Promise<string | undefined> {
    return (await getMigration(db, migration))?.held?.by;
  }

  function resumed(heard: number, revision: number): Promise<void> {
    return saveMigrationProgress(db, migration, { ...newMigrationRun(new Date().toISOString()), heard, revision });
  }

  it.each([
    ['raised', { ...TEN, cause: 'raised' }],
    ['restored', { ...TEN, cause: 'restored' }],
    ['committed', { ...TEN, share: 100_000, cause: 'committed', mode: 'committed' }],
  ] as const)('I3 refuses what would be %s, and lets it be lowered', async (_cause, raise) => {
    await createSplit(db, { ...pilot, lease: LEASE });
    await changeSplit(db, { ...pilot, ...TEN, share: 100_000, expectedEpoch: 1 });
    await holdMigration(db, { migration, actor, reason: 'labels-mixed-up' });
    await expect(changeSplit(db, { ...pilot, ...raise, expectedEpoch: 2 })).rejects.toMatchObject({
      code: 'migration-held',
      retryable: false,
    });
    expect(await readSplit(db, pilot)).toMatchObject({ epoch: 2, share: 100_000, mode: 'open' });
    const lower = { ...pilot, ...TEN, share: 5_000, cause: 'lowered', expectedEpoch: 2 } as const;
    expect(await changeSplit(db, lower)).toMatchObject({ epoch: 3, share: 5_000 });
  });

  it('I4 is not passed by restoring what lapsed before it', async () => {
    await createSplit(db, { ...pilot, lease: LEASE });
    await changeSplit(db, { ...pilot, ...TEN, expectedEpoch: 1 });
    await runOut(db, pilot, LEASE);
    await lapseExpiredSplits(db);
    await holdMigration(db, { migration, actor });
    expect((await lowerAllOpenSplits(db, { cause: 'stopped', actor: actor.id })).failed).toEqual([]);
    await expect(changeSplit(db, { ...pilot, ...TEN, cause: 'restored', expectedEpoch: 3 })).rejects.toThrow(
      MigrationHeld,
    );
    expect(await readSplit(db, pilot)).toMatchObject({ share: 0 });
  });

  it('waits for a raise under way, which the stop after it then finds', async () => {
    await createSplit(db, { ...pilot, lease: LEASE });
    const order: string[] = [];
    let end = (): void => undefined;
    let begun = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const looked = new Promise<void>((resolve) => (begun = resolve));
    const raising = db.transaction(async (connection) => {
      expect(await refuseWhileHeld(connection, migration)).toBeUndefined();
      begun();
      await ended;
      order.push('raised');
    });
    await looked;
    const holding = holdMigration(db, { migration, actor }).then(() => order.push('held'));
    await until('the hold to wait', async () => {
      const { rows } = await db.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE migration SET holds%'`,
      );
      return rows.length === 1 ? true : undefined;
    });
    end();
    await Promise.all([raising, holding]);
    expect(order).toEqual(['raised', 'held']);
  });

  it('ends when people let the migration go on, and not where its workflow had not heard of it', async () => {
    expect(await holdMigration(db, { migration, actor })).toBe(1);
    await resumed(0, 2);
    expect(await heldBy()).toBe(actor.id);
    await resumed(1, 3);
    expect(await heldBy()).toBeUndefined();
    // An older report that comes late ends nothing either.
    expect(await holdMigration(db, { migration, actor })).toBe(2);
    await resumed(2, 3);
    expect(await heldBy()).toBe(actor.id);
  });

  it('a repeated request holds nothing anew, also after people let the migration go on', async () => {
    const request = { migration, actor, onceKey: 'the-same' };
    expect(await holdMigration(db, request)).toBe(1);
    expect(await holdMigration(db, request)).toBe(1);
    await resumed(1, 2);
    expect(await holdMigration(db, request)).toBeUndefined();
    expect(await heldBy()).toBeUndefined();
    const { rows } = await db.query(`SELECT actor FROM audit WHERE migration = $1 AND action = 'migration.hold'`, [
      migration,
    ]);
    expect(rows).toEqual([{ actor: actor.id }]);
  });

  it('is untold until its workflow has it, and an ended migration is not held', async () => {
    await holdMigration(db, { migration, actor });
    const mine = async (): Promise<number[]> =>
      (await untoldHolds(db, 0)).filter((one) => one.migration === migration).map(({ number }) => number);
    expect(await mine()).toEqual([1]);
    expect((await untoldHolds(db, 60_000)).filter((one) => one.migration === migration)).toEqual([]);
    await resumed(0, 2);
    expect(await mine()).toEqual([1]);
    await saveMigrationProgress(db, migration, {
      ...newMigrationRun(new Date().toISOString()),
      ...{ status: 'paused', heard: 1, revision: 3 },
    });
    expect(await mine()).toEqual([]);
    await endMigration(db, migration);
    expect(await holdMigration(db, { migration, actor })).toBeUndefined();
  });
});
