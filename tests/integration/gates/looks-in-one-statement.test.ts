import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import type { ObservedSplit } from '../../../activities/traffic/traffic-router';
import type { Database } from '../../../store/database';
import { databaseNow } from '../../../store/database-clock';
import { saveGateEvidence, saveGateEvidences } from '../../../store/gate-evidence';
import { createSplit, readSplit, readSplits, renewLease, renewLeases } from '../../../store/splits';
import { addWatchedTime, addWatchedTimes } from '../../../store/watches';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { runOut, startMigration } from '../sides/started-migration';

const MINUTE = 60_000;
const RUNS = 25;
let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

/** Two of everything: one is asked about one by one, the other all at once. */
const twice = async <Result>(work: (migration: string) => Promise<Result>): Promise<[Result, Result]> => {
  const each = [1, 2].map(() => `looks-${randomUUID()}`);
  return [await work(each[0] as string), await work(each[1] as string)];
};

const shuffled = (length: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray(
    Array.from({ length }, (_, index) => index),
    { minLength: length },
  );

describe('many looks in one statement say what they would one by one', () => {
  it('of verdicts: for how long each has stood without a break', async () => {
    const verdict = fc.constantFrom('pass', 'insufficient', 'limitCrossed');
    const gates = fc.array(
      fc.record({ before: fc.option(verdict), after: verdict, hours: fc.nat(90), epoch: fc.nat(3) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    await fc.assert(
      fc.asyncProperty(gates, async (list) => {
        const rows = (migration: string, field: 'before' | 'after') =>
          list.flatMap(({ epoch, ...one }, index) => {
            const said = one[field];
            const key = { migration, phase: 'payment', cohort: 'everyone', gate: `gate-${(index * 5) % 8}`, epoch };
            return said === null ? [] : [{ ...key, verdict: said, evidence: { message: `${field} ${index}` } }];
          });
        const prepare = async (migration: string): Promise<void> => {
          for (const row of rows(migration, 'before')) await saveGateEvidence(db, row);
          for (const { gate, epoch } of rows(migration, 'before'))
            await db.query(
              `UPDATE gate_evidence SET since = since - $4 * interval '1 h' - interval '30 s' WHERE migration = $1 AND gate = $2 AND epoch = $3`,
              [migration, gate, epoch, list[Number(gate.slice(5))]?.hours ?? 1],
            );
        };
        const written = async (migration: string): Promise<unknown> => {
          const { rows: found } = await db.query(
            `SELECT gate, epoch, verdict, evidence, floor(extract(epoch FROM clock_timestamp() - since) / 60) AS minutes
               FROM gate_evidence WHERE migration = $1 ORDER BY gate, epoch`,
            [migration],
          );
          return found;
        };
        let all = false;
        const [one, many] = await twice(async (migration) => {
          await prepare(migration);
          const after = rows(migration, 'after');
          const standing: number[] = [];
          if (all) standing.push(...(await saveGateEvidences(db, after)));
          else for (const row of after) standing.push(await saveGateEvidence(db, row));
          all = true;
          return [standing.map((time) => Math.floor(time / MINUTE)), await written(migration)];
        });
        expect(many).toEqual(one);
      }),
      { numRuns: RUNS },
    );
  });

  it('of verdicts that are as they were: only the moment of the look moves', async () => {
    const migration = `looks-${randomUUID()}`;
    const verdicts = ['b', 'a'].map((gate) => ({
      ...{ migration, phase: 'payment', cohort: 'everyone', gate, epoch: 2 },
      ...{ verdict: 'pass', evidence: { message: gate } },
    }));
    await saveGateEvidences(db, verdicts);
    await db.query(
      `UPDATE gate_evidence SET since = since - CASE gate WHEN 'a' THEN interval '90 s' ELSE interval '150 s' END, evaluated_at = evaluated_at - interval '1 h'
        WHERE migration = $1`,
      [migration],
    );
    const before = await databaseNow(db);
    const standing = await saveGateEvidences(db, verdicts);
    expect(standing.map((time) => Math.floor(time / MINUTE))).toEqual([2, 1]);
    const { rows } = await db.query<{ evaluatedAt: Date }>(
      `SELECT gate, verdict, evidence, evaluated_at AS "evaluatedAt" FROM gate_evidence WHERE migration = $1 ORDER BY gate`,
      [migration],
    );
    expect(rows).toMatchObject(['a', 'b'].map((gate) => ({ gate, verdict: 'pass', evidence: { message: gate } })));
    for (const { evaluatedAt } of rows) expect(evaluatedAt.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect([await saveGateEvidences(db, []), await addWatchedTimes(db, [])]).toEqual([[], []]);
  });

  it('of steps: how long each was watched, a gap that was too long left out', async () => {
    const watches = fc.array(
      fc.record({
        attempt: fc.nat(3),
        seen: fc.boolean(),
        gap: fc.integer({ min: 1, max: 9 }),
        longest: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(watches, async (list) => {
        const looks = (migration: string) =>
          list.map(({ attempt, longest }, index) => ({
            key: { migration, phase: 'payment', cohort: `cohort-${(index * 5) % 8}`, attempt, step: index % 2 },
            // Half a minute off the gap, so that the time that the test takes makes no difference.
            longestGap: longest * MINUTE + MINUTE / 2,
          }));
        let all = false;
        const [one, many] = await twice(async (migration) => {
          for (const [index, { key, longestGap }] of looks(migration).entries()) {
            if (list[index]?.seen !== true) continue;
            await addWatchedTime(db, key, longestGap);
            await db.query(
              `UPDATE watch SET watched_ms = $2, last_seen_at = last_seen_at - $3 * interval '1 minute' WHERE migration = $1 AND cohort = $4`,
              [migration, index * 600_000, list[index].gap, key.cohort],
            );
          }
          const watched: number[] = [];
          if (all) watched.push(...(await addWatchedTimes(db, looks(migration))));
          else
            for (const { key, longestGap } of looks(migration)) watched.push(await addWatchedTime(db, key, longestGap));
          all = true;
          return watched.map((time) => Math.floor(time / MINUTE));
        });
        expect(many).toEqual(one);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('many leases in one statement', () => {
  const LEASE = 60_000;
  type State = 'raised' | 'zero' | 'lapsed' | 'committed' | 'none';

  async function open(migration: string, states: readonly State[]): Promise<void> {
    const router = new PostgresTrafficRouter(db);
    await startMigration(db, { id: migration });
    for (const [index, state] of states.entries()) {
      if (state === 'none') continue;
      const key = { migration, phase: 'payment', cohort: `cohort-${index}` };
      await createSplit(db, { ...key, lease: LEASE });
      if (state === 'zero') continue;
      const change = { ...key, share: 100_000, perDay: null, lease: LEASE };
      await router.write({
        ...change,
        expectedEpoch: 1,
        mode: 'open',
        cause: 'raised',
        maxOpen: index + 1,
        command: `command-${index}`,
      });
      if (state === 'lapsed') await runOut(db, key);
      if (state === 'committed')
        await router.write({ ...change, expectedEpoch: 2, mode: 'committed', cause: 'committed' });
    }
  }

  /** What may be compared: not the migration, nor what depends on when. */
  function plain(split: ObservedSplit | undefined, renewedUntil: ReadonlySet<number>): unknown {
    if (split === undefined) return undefined;
    const { migration: _migration, changedAt: _changedAt, lapsedFor, leaseUntil, ...rest } = split;
    const until = leaseUntil?.getTime();
    return {
      ...rest,
      lapsedFor: lapsedFor > 0,
      until: until !== undefined && renewedUntil.has(until) ? until : typeof until,
    };
  }

  it('are renewed, and read, as they are one by one', async () => {
    const splits = fc.array(
      fc.record({
        state: fc.constantFrom<State>('raised', 'raised', 'zero', 'lapsed', 'committed', 'none'),
        epoch: fc.integer({ min: 1, max: 3 }),
        leases: fc.integer({ min: 1, max: 4 }),
        ago: fc.integer({ min: -2, max: 3 }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(
        splits.chain((list) => fc.tuple(fc.constant(list), shuffled(list.length))),
        async ([list, order]) => {
          const now = (await databaseNow(db)).getTime();
          const renewals = (migration: string) =>
            order.map((index) => {
              const { epoch, leases, ago } = list[index] as (typeof list)[number];
              const key = { migration, phase: 'payment', cohort: `cohort-${index}` };
              return { ...key, epoch, lease: leases * LEASE, provenAt: new Date(now - ago * 20_000) };
            });
          const ends = new Set(
            renewals('').flatMap(({ lease, provenAt }) =>
              provenAt.getTime() <= now ? [provenAt.getTime() + lease] : [],
            ),
          );
          let all = false;
          const [one, many] = await twice(async (migration) => {
            await open(
              migration,
              list.map(({ state }) => state),
            );
            const asked = renewals(migration);
            const renewed: (ObservedSplit | undefined)[] = [];
            const read: (ObservedSplit | undefined)[] = [];
            if (all) {
              renewed.push(...(await renewLeases(db, asked)));
              read.push(...(await readSplits(db, asked)));
            } else {
              for (const renewal of asked) renewed.push(await renewLease(db, renewal));
              for (const key of asked) read.push(await readSplit(db, key));
            }
            all = true;
            return [renewed, read].map((some) => some.map((split) => plain(split, ends)));
          });
          expect(many).toEqual(one);
        },
      ),
      { numRuns: RUNS },
    );
    expect([await renewLeases(db, []), await readSplits(db, [])]).toEqual([[], []]);
  });

  it('wait for one that is being placed under by itself, while the others are renewed; and give it as it is where that lasts', async () => {
    const migration = `looks-${randomUUID()}`;
    await open(migration, ['raised', 'raised', 'raised']);
    const now = (await databaseNow(db)).getTime();
    const keys = [0, 1, 2].map((index) => ({ migration, phase: 'payment', cohort: `cohort-${index}` }));
    const renewals = keys.map((key) => ({ ...key, epoch: 2, lease: 5 * LEASE, provenAt: new Date(now) }));
    const until = async (): Promise<boolean[]> =>
      (await readSplits(db, keys)).map((split) => split?.leaseUntil?.getTime() === now + 5 * LEASE);
    let later: Promise<(ObservedSplit | undefined)[]> | undefined;
    await db.transaction(async (connection) => {
      await connection.query(`SELECT FROM split WHERE migration = $1 AND cohort = 'cohort-1' FOR SHARE`, [migration]);
      const renewed = await renewLeases(db, renewals);
      expect(renewed.map((split) => split?.leaseUntil?.getTime() === now + 5 * LEASE)).toEqual([true, false, true]);
      expect(renewed[1]).toMatchObject({ epoch: 2, cohort: 'cohort-1', lapsed: false });
      // Nobody who places under another split waits meanwhile.
      later = renewLeases(db, renewals);
      await connection.query(`SELECT FROM split WHERE migration = $1 AND cohort = 'cohort-2' FOR SHARE`, [migration]);
      expect(await until()).toEqual([true, false, true]);
    });
    await later;
    expect(await until()).toEqual([true, true, true]);
  });
});
