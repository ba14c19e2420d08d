import { randomUUID } from 'node:crypto';
import { KNOWN_FROM_LATEST } from '../../../domain/gates/sequential/cut-points';
import type { Database } from '../../../store/database';
import { databaseNow } from '../../../store/database-clock';
import { readLegacyTimes, type LegacyTimes } from '../../../store/legacy-past';
import { numberMatured, type OutcomeGroup } from '../../../store/matured-outcomes';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { ROUTING } from '../facts/facts-plan';
import { recordOutcomes, type OutcomeToCount } from './outcomes-to-count';

const HOUR = 3_600_000;

let database: TestDatabase;
let db: Database;
let group: OutcomeGroup;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(() => {
  group = { migration: `past-${randomUUID()}`, phase: 'payment', cohort: 'everyone', handoff: ROUTING, fromEpoch: 2 };
});

async function record(outcomes: readonly OutcomeToCount[], of = group): Promise<void> {
  const now = (await databaseNow(db)).getTime();
  await recordOutcomes(
    db,
    of,
    now,
    outcomes.map((one) => ({ side: 'legacy', ...one })),
  );
}

async function read(of = group): Promise<LegacyTimes> {
  const [found] = await readLegacyTimes(db, [of]);
  if (found === undefined) throw new Error('There is one for each.');
  const rising = (times: number[]): number[] => [...times].sort((a, b) => a - b);
  return { ...found, before: rising(found.before), since: rising(found.since) };
}

describe('how long legacy took', () => {
  it('is that of its kept ones, a missed one without end; of no other side, of none released, open or not yet matured', async () => {
    await record([
      ...[1_000, 2_500].map((took) => ({ epoch: 1, took })),
      { epoch: 1, outcome: 'missed' },
      { epoch: 1, outcome: 'released' },
      { epoch: 1, outcome: 'open' },
      { epoch: 1, took: 7, ago: -HOUR },
      { epoch: 1, took: 8, side: 'target' },
      { epoch: 1, took: 9, side: null },
    ]);
    expect(await read()).toEqual({ before: [1_000, 2_500, Infinity], since: [], last: '0' });
  });

  it('is of before the attempt with or without a number, and of the attempt with one alone', async () => {
    await record([
      { epoch: 1, took: 10 },
      { epoch: 2, took: 20 },
      { epoch: 3, took: 30 },
    ]);
    expect(await read()).toEqual({ before: [10], since: [], last: '0' });
    await numberMatured(db, [group]);
    await record([{ epoch: 2, took: 40 }]);
    await record([{ epoch: 2, took: 1, side: 'target' }]);
    const { last, ...times } = await read();
    expect(times).toEqual({ before: [10], since: [20, 30] });
    expect(await read({ ...group, fromEpoch: 3 })).toEqual({ before: [10, 20, 40], since: [30], last });
    await numberMatured(db, [group]);
    expect(BigInt((await read()).last)).toBeGreaterThan(BigInt(last));
  });

  it('is that of the latest, and of no more than so many', async () => {
    await record([{ epoch: 1, took: 1, ago: HOUR, count: 300 }]);
    await record([{ epoch: 1, took: 2, count: KNOWN_FROM_LATEST }]);
    const { before } = await read();
    expect(before).toEqual(new Array<number>(KNOWN_FROM_LATEST).fill(2));
  });

  it('is read of many at once, each its own, in their order', async () => {
    const groups = ['one', 'two', 'three'].map((cohort) => ({ ...group, cohort }));
    for (const [index, of] of groups.entries()) await record([{ epoch: 1, took: index + 1, count: index }], of);
    const found = await readLegacyTimes(db, [...groups].reverse());
    expect(found.map(({ before }) => before)).toEqual([[3, 3], [2], []]);
    expect(await readLegacyTimes(db, [])).toEqual([]);
  });
});
