import { randomUUID } from 'node:crypto';
import { Database, type Queryable } from '../../../store/database';
import { databaseNow } from '../../../store/database-clock';
import { storeEvents } from '../../../store/events';
import {
  numberMatured,
  readFirst,
  readMatured,
  readOpen,
  whichStarted,
  type OutcomeGroup,
  type OutcomeSlice,
} from '../../../store/matured-outcomes';
import { createTestDatabase, PATIENCE, type TestDatabase } from '../../setup/test-database';
import { ROUTING, startMigrationOf } from '../facts/facts-plan';
import { letTimePass } from '../facts/let-time-pass';
import { sweepAllDue } from '../facts/sweep-all-due';
import { eventToStore, keys } from '../facts/test-stack';
import { recordOutcomes, type OutcomeToCount } from './outcomes-to-count';

const MINUTE = 60_000;
const LATENESS = MINUTE;

let database: TestDatabase;
let db: Database;
let group: OutcomeGroup;
let now: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  // No sweeper runs here: what another test left would be waited for.
  await db.query('UPDATE journey SET due_at = NULL');
  group = { migration: `gates-${randomUUID()}`, phase: 'payment', cohort: 'everyone', handoff: ROUTING, fromEpoch: 2 };
  now = (await databaseNow(db)).getTime();
});

const record = (outcomes: readonly OutcomeToCount[], of = group): Promise<void> =>
  recordOutcomes(db, of, now, outcomes);
const numberOf = async (
  of: Pick<Database, 'transaction'>,
  groups: readonly OutcomeGroup[],
  limit?: number,
): Promise<{ numbered: number; more: boolean }> => {
  const { numbered, more } = await numberMatured(of, groups, limit === undefined ? {} : { limit });
  return { numbered, more: more.length > 0 };
};
const number = (limit?: number): Promise<{ numbered: number; more: boolean }> => numberOf(db, [group], limit);
const read = (
  more: { after?: string; within?: number; condition?: string; event?: string } = {},
): Promise<OutcomeSlice[]> => readMatured(db, [{ ...group, after: '0', ...more }]);

interface Counts {
  target: { kept: number; missed: number };
  legacy: { kept: number; missed: number };
}

function total(slices: readonly OutcomeSlice[]): Counts {
  const sum: Counts = { target: { kept: 0, missed: 0 }, legacy: { kept: 0, missed: 0 } };
  for (const slice of slices) {
    for (const side of ['target', 'legacy'] as const) {
      sum[side].kept += slice[side].kept;
      sum[side].missed += slice[side].missed;
    }
  }
  return sum;
}

const highest = (slices: readonly OutcomeSlice[]): string =>
  slices.reduce((last, slice) => (BigInt(slice.last) > BigInt(last) ? slice.last : last), '0');

describe('the outcomes that gates count', () => {
  it.each([1, 2])(
    'are the kept and the missed ones of the same starts at the same time: when deadline and lateness are over (time scale %d)',
    async (scale) => {
      await startMigrationOf(db, group.migration, scale);
      const startedAt = now - 4_000;
      await db.query(
        `INSERT INTO split_change (migration, phase, cohort, epoch, share, mode, cause, changed_at)
         VALUES ($1, 'payment', 'everyone', 2, 10000, 'open', 'raised', $2)`,
        [group.migration, new Date(startedAt - MINUTE)],
      );
      const tell = (patient: number, type: string, time: number): Promise<unknown> =>
        storeEvents(db, [eventToStore(group.migration, { patient, type, time }, scale)]);
      for (const patient of [1, 2, 3]) {
        await db.query(
          `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at) VALUES ($1, 'payment', $2, 'everyone', 'target', 2, $3)`,
          [group.migration, keys.subscription(patient), new Date(startedAt - 1_000)],
        );
        await tell(patient, 'payment.succeeded', startedAt);
      }
      await tell(1, 'review.assigned', startedAt + 1_000);
      await tell(3, 'payment.refunded', startedAt + 1_000);

      // What ended is final long before the deadline, and not counted.
      await letTimePass(db, group.migration, (2 * LATENESS) / scale);
      await sweepAllDue(db);
      const { rows } = await db.query<{ final: boolean; outcome: string | null; ripe: number | null }>(
        `SELECT final, outcome, (extract(epoch FROM matures_at - deadline_at) * 1000)::float8 AS ripe
           FROM handoff_occurrence WHERE migration = $1 AND handoff = $2 ORDER BY journey`,
        [group.migration, ROUTING],
      );
      expect(rows).toEqual([
        { final: true, outcome: 'kept', ripe: LATENESS / scale + 1 },
        { final: false, outcome: null, ripe: null },
        { final: true, outcome: 'released', ripe: LATENESS / scale + 1 },
      ]);
      expect(await number()).toEqual({ numbered: 0, more: false });
      await letTimePass(db, group.migration, (8.5 * MINUTE) / scale);
      await sweepAllDue(db);
      expect(await number()).toEqual({ numbered: 0, more: false });
      expect(await read()).toEqual([]);

      await letTimePass(db, group.migration, MINUTE / scale);
      await sweepAllDue(db);
      expect(await number()).toEqual({ numbered: 3, more: false });
      const slices = await read();
      expect(slices).toHaveLength(1);
      expect(total(slices)).toEqual({ target: { kept: 1, missed: 1 }, legacy: { kept: 0, missed: 0 } });
    },
  );

  it('are not counted before what was missed at the same time is known, however late a sweeper comes', async () => {
    await startMigrationOf(db, group.migration);
    const startedAt = now - 4_000;
    await db.query(
      `INSERT INTO split_change (migration, phase, cohort, epoch, share, mode, cause, changed_at)
       VALUES ($1, 'payment', 'everyone', 2, 10000, 'open', 'raised', $2)`,
      [group.migration, new Date(startedAt - MINUTE)],
    );
    const tell = (patient: number, type: string, time: number): Promise<unknown> =>
      storeEvents(db, [eventToStore(group.migration, { patient, type, time }, 1)]);
    for (const patient of [1, 2]) {
      await db.query(
        `INSERT INTO placement (migration, phase, unit, cohort, side, epoch, placed_at) VALUES ($1, 'payment', $2, 'everyone', 'target', 2, $3)`,
        [group.migration, keys.subscription(patient), new Date(startedAt - 1_000)],
      );
      await tell(patient, 'payment.succeeded', startedAt);
    }
    await tell(1, 'review.assigned', startedAt + 1_000);
    await letTimePass(db, group.migration, 2 * LATENESS);
    await sweepAllDue(db);

    // Both have matured; that the second was missed is not written yet.
    await letTimePass(db, group.migration, 10 * MINUTE);
    expect(await number()).toEqual({ numbered: 0, more: false });
    await sweepAllDue(db);
    expect(await number()).toEqual({ numbered: 2, more: false });
    expect(total(await read())).toEqual({ target: { kept: 1, missed: 1 }, legacy: { kept: 0, missed: 0 } });
  });

  it('are numbered in the order in which they matured, some at a time, each once', async () => {
    const agos = Array.from({ length: 30 }, (_, index) => ((index * 7) % 30) * 1_000 + 1);
    await record(
      agos.map((ago, index) => ({ ago, epoch: 2 + (index % 3), side: index % 2 === 0 ? 'target' : 'legacy' })),
    );
    expect(await number(12)).toEqual({ numbered: 12, more: true });
    expect(await number(12)).toEqual({ numbered: 12, more: true });
    expect(await number(6)).toEqual({ numbered: 6, more: false });
    expect(await number(6)).toEqual({ numbered: 0, more: false });
    const { rows } = await db.query<{ ago: number }>(
      `SELECT round(extract(epoch FROM $2::timestamptz - matures_at) * 1000)::float8 AS ago
         FROM handoff_occurrence WHERE migration = $1 ORDER BY matured`,
      [group.migration, new Date(now)],
    );
    expect(rows.map(({ ago }) => ago)).toEqual([...agos].sort((a, b) => b - a));
  });

  it('of one group that was left alone for long hold up no other', async () => {
    const [much, more, little] = ['much', 'more', 'little'].map((cohort) => ({ ...group, cohort }));
    if (much === undefined || more === undefined || little === undefined) throw new Error('There are three.');
    await record([{ ago: 60 * MINUTE, count: 40 }], much);
    await record(
      [
        { ago: 50 * MINUTE, count: 20, epoch: 2 },
        { ago: 40 * MINUTE, count: 20, epoch: 3 },
      ],
      more,
    );
    await record([{ ago: 1_000, count: 3 }], little);
    const groups = [much, more, little];
    const behind = async (): Promise<string[]> =>
      (await numberMatured(db, groups, { limit: 33 })).more.map(({ cohort }) => cohort).sort();
    const kept = async (): Promise<number[]> =>
      (await Promise.all(groups.map((one) => readMatured(db, [{ ...one, after: '0' }])))).map(
        (slices) => total(slices).target.kept,
      );
    expect(await behind()).toEqual(['more', 'much']);
    expect(await kept()).toEqual([15, 15, 3]);
    expect(await behind()).toEqual(['more', 'much']);
    expect(await kept()).toEqual([32, 32, 3]);
    expect(await behind()).toEqual([]);
    expect(await kept()).toEqual([40, 40, 3]);
  });

  it('leave out what belongs to an earlier attempt, elsewhere, or to no side, and what has not matured', async () => {
    await record([
      { ago: 1_000 },
      { ago: 1_000, epoch: 1 },
      { ago: 1_000, side: null },
      { ago: 1_000, outcome: 'open' },
      { ago: -MINUTE },
      { ago: -MINUTE, ofReleaseBefore: true },
    ]);
    await record([{ ago: 1_000 }], { ...group, cohort: 'pilot' });
    await record([{ ago: 1_000 }], { ...group, phase: 'intake' });
    await record([{ ago: 1_000 }], { ...group, handoff: 'another' });
    await record([{ ago: 1_000 }], { ...group, migration: `${group.migration}-2` });
    expect(await number()).toEqual({ numbered: 1, more: false });
    // Numbered for an attempt before, and read for this one.
    expect(await numberOf(db, [{ ...group, fromEpoch: 1 }, group])).toEqual({ numbered: 1, more: false });
    expect(total(await read()).target).toEqual({ kept: 1, missed: 0 });
    expect(total(await readMatured(db, [{ ...group, fromEpoch: 1, after: '0' }])).target).toEqual({
      kept: 2,
      missed: 0,
    });
  });

  it('count from their deadline where a release before wrote them', async () => {
    await record([
      { ago: 1, ofReleaseBefore: true },
      { ago: 1, outcome: 'missed', ofReleaseBefore: true },
    ]);
    expect(await number()).toEqual({ numbered: 2, more: false });
    expect(total(await read()).target).toEqual({ kept: 1, missed: 1 });
  });

  it('come by epoch and the minute in which they matured, in the order of the minutes', async () => {
    const minute = Math.floor(now / MINUTE) * MINUTE;
    const at = (minutes: number, seconds: number): number => now - (minute - minutes * MINUTE + seconds * 1_000);
    await record([
      { ago: at(2, 59), epoch: 3, count: 2 },
      { ago: at(2, 0), epoch: 3, outcome: 'missed' },
      { ago: at(2, 30), epoch: 2, side: 'legacy' },
      { ago: at(5, 1), epoch: 2, outcome: 'missed', side: 'legacy' },
      { ago: at(5, 2), epoch: 2, outcome: 'released' },
      { ago: at(3, 2), epoch: 2, outcome: 'released' },
    ]);
    await number();
    const other = { ...group, cohort: 'pilot' };
    await record([{ ago: at(4, 0) }], other);
    await numberMatured(db, [other]);
    const slices = await readMatured(db, [
      { ...other, after: '0' },
      { ...group, cohort: 'nobody', after: '0' },
      { ...group, after: '0' },
    ]);
    const none = { kept: 0, missed: 0 };
    expect(slices.map(({ last: _last, newestAt: _newestAt, more: _more, ...slice }) => slice)).toEqual([
      { index: 0, epoch: 2, minute: new Date(minute - 4 * MINUTE), target: { kept: 1, missed: 0 }, legacy: none },
      { index: 2, epoch: 2, minute: new Date(minute - 5 * MINUTE), target: none, legacy: { kept: 0, missed: 1 } },
      { index: 2, epoch: 2, minute: new Date(minute - 3 * MINUTE), target: none, legacy: none },
      { index: 2, epoch: 2, minute: new Date(minute - 2 * MINUTE), target: none, legacy: { kept: 1, missed: 0 } },
      { index: 2, epoch: 3, minute: new Date(minute - 2 * MINUTE), target: { kept: 2, missed: 1 }, legacy: none },
    ]);
    const { rows } = await db.query<{ last: string; newest: Date }>(
      'SELECT max(matured)::text AS last, max(finalized_at) AS newest FROM handoff_occurrence WHERE migration = $1 AND cohort = $2',
      [group.migration, group.cohort],
    );
    const own = slices.filter(({ index }) => index === 2);
    expect(highest(own)).toBe(rows[0]?.last);
    // Written down long after they matured: they could be counted from then on.
    expect(own.map(({ newestAt }) => newestAt.getTime()).reduce((a, b) => Math.max(a, b))).toBe(
      rows[0]?.newest.getTime(),
    );
    expect(await read({ after: highest(own) })).toEqual([]);
  });

  it('come some at a time where there is much to catch up with: all of what is little, and no more than was asked for', async () => {
    const [much, little, other] = ['much', 'little', 'other'].map((cohort) => ({ ...group, cohort, after: '0' }));
    if (much === undefined || little === undefined || other === undefined) throw new Error('There are three.');
    await record(
      [
        { ago: 30 * MINUTE, count: 30 },
        { ago: MINUTE, count: 30, outcome: 'missed' },
      ],
      much,
    );
    await record([{ ago: 1_000, count: 3 }], little);
    await record([{ ago: 1_000, count: 50 }], other);
    await numberMatured(db, [much, little, other]);
    const counts = (slices: readonly OutcomeSlice[], index: number): unknown[] => {
      const own = slices.filter((slice) => slice.index === index);
      return [total(own).target, own.map(({ more }) => more).at(-1)];
    };
    const some = await readMatured(db, [much, little, other], { atOnce: 93 });
    expect([0, 1, 2].map((index) => counts(some, index))).toEqual([
      [{ kept: 30, missed: 15 }, true],
      [{ kept: 3, missed: 0 }, false],
      [{ kept: 45, missed: 0 }, true],
    ]);
    const rest = await readMatured(
      db,
      [much, other].map((one, index) => ({
        ...one,
        after: highest(some.filter((slice) => slice.index === 2 * index)),
      })),
      { atOnce: 93 },
    );
    expect([0, 1].map((index) => counts(rest, index))).toEqual([
      [{ kept: 0, missed: 15 }, false],
      [{ kept: 5, missed: 0 }, false],
    ]);
    const few = await readMatured(db, [much, little, other], { atOnce: 2 });
    expect([0, 1, 2].map((index) => counts(few, index))).toEqual(Array(3).fill([{ kept: 1, missed: 0 }, true]));
  });

  it('count as missed where they were kept too slowly, or for one condition alone', async () => {
    await record([
      { ago: 1_000, took: 1_000, count: 2 },
      { ago: 1_000, took: 5_000 },
      { ago: 1_000, took: 5_001 },
      { ago: 1_000, outcome: 'missed', condition: 'licensed' },
      { ago: 1_000, outcome: 'missed', condition: 'right-program', count: 2 },
      { ago: 1_000, outcome: 'missed', count: 4 },
      { ago: 1_000, outcome: 'released', count: 8 },
      { ago: 1_000, side: 'legacy', outcome: 'missed', condition: 'licensed' },
      { ago: 1_000, side: 'legacy', took: 9_000 },
    ]);
    await number();
    expect(total(await read())).toEqual({ target: { kept: 4, missed: 7 }, legacy: { kept: 1, missed: 1 } });
    expect(total(await read({ within: 5_000 }))).toEqual({
      target: { kept: 3, missed: 8 },
      legacy: { kept: 0, missed: 2 },
    });
    expect(total(await read({ condition: 'licensed' }))).toEqual({
      target: { kept: 10, missed: 1 },
      legacy: { kept: 1, missed: 1 },
    });
  });

  it('count as missed where their journey had an event meanwhile, once however many there were', async () => {
    const WITHIN = 600_000;
    const ticket = (at: number, more: object = {}) => ({ type: 'support.ticketOpened', at, ...more });
    await record([
      { had: [ticket(0)] },
      { outcome: 'missed', had: [ticket(WITHIN)] },
      { side: 'legacy', had: [ticket(1_000), ticket(2_000), ticket(3_000)] },
      // Of before it, of after it, too late to count, of another type.
      { had: [ticket(-1)] },
      { had: [ticket(WITHIN + 1)] },
      { had: [ticket(1_000, { matchedAt: WITHIN + 1 })] },
      { had: [{ type: 'support.answered', at: 1_000 }] },
      { side: 'legacy', outcome: 'missed' },
      { outcome: 'released', had: [ticket(1_000)] },
    ]);
    // Another migration may name journeys alike.
    await db.query(
      `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at)
       SELECT $1 || '-other', source, gen_random_uuid(), 'support.ticketOpened', journey, subject, units, time, 0, time, data, received_at
         FROM event WHERE migration = $1 AND type = 'support.answered'`,
      [group.migration],
    );
    await number();
    const event = 'support.ticketOpened';
    expect(total(await read({ event }))).toEqual({ target: { kept: 4, missed: 2 }, legacy: { kept: 1, missed: 1 } });
    expect(total(await read())).toEqual({ target: { kept: 5, missed: 1 }, legacy: { kept: 1, missed: 1 } });
    const both = await readMatured(db, [
      { ...group, after: '0', event },
      { ...group, after: '0', event: 'support.answered' },
    ]);
    expect([0, 1].map((place) => total(both.filter(({ index }) => index === place)).target)).toEqual([
      { kept: 4, missed: 2 },
      { kept: 5, missed: 1 },
    ]);
  });

  it('come one by one in the order of their numbers, of target alone, from where one stopped', async () => {
    await record([
      { ago: 9_000, outcome: 'missed', took: 1 },
      { ago: 8_000, side: 'legacy' },
      { ago: 7_000, outcome: 'released' },
      { ago: 6_000, epoch: 1 },
      { ago: 5_000, epoch: 3, took: 2_000 },
      { ago: 4_000, outcome: 'missed', condition: 'licensed' },
    ]);
    await numberMatured(db, [{ ...group, fromEpoch: 1 }]);
    const first = (limit: number, more: object = {}): ReturnType<typeof readFirst> =>
      readFirst(db, [
        { ...group, cohort: 'nobody', after: '0', limit },
        { ...group, after: '0', limit, ...more },
      ]);
    const two = await first(2);
    expect(two.map(({ index, epoch, outcome }) => [index, epoch, outcome])).toEqual([
      [1, 2, 'missed'],
      [1, 3, 'kept'],
    ]);
    const { number: last = '0' } = two[1] ?? {};
    expect((await first(2, { after: last })).map(({ epoch, outcome }) => [epoch, outcome])).toEqual([[2, 'missed']]);
    expect((await first(9, { within: 1_999 })).map(({ outcome }) => outcome)).toEqual(['missed', 'missed', 'missed']);
    expect((await first(9, { condition: 'licensed' })).map(({ outcome }) => outcome)).toEqual([
      'kept',
      'kept',
      'missed',
    ]);
  });

  it('say which handoffs have started on target, and how many are open', async () => {
    const other = { ...group, handoff: 'another' };
    await record([
      { outcome: 'open', side: 'legacy' },
      { outcome: 'open', side: null },
      { epoch: 1 },
      { side: 'legacy' },
    ]);
    expect(await whichStarted(db, [other, group, { ...group, fromEpoch: 1 }])).toEqual([false, false, true]);
    await record([{ outcome: 'open' }]);
    await record([{ outcome: 'missed' }], other);
    expect(await whichStarted(db, [other, group, { ...group, fromEpoch: 3 }])).toEqual([true, true, false]);
    expect(await readOpen(db, [other, group, { migration: 'nobody', handoff: ROUTING }, group])).toEqual([0, 3, 0, 3]);
    expect([
      await whichStarted(db, []),
      await readOpen(db, []),
      await readFirst(db, []),
      await readMatured(db, []),
    ]).toEqual([[], [], [], []]);
  });
});

describe('several who number, and several who read', () => {
  it('count each outcome once, while more mature and sweepers write on them', async () => {
    const groups = ['a', 'b', 'c'].map((cohort) => ({ ...group, cohort }));
    const others = [1, 2, 3].map((place) =>
      Database.connect({ url: database.url, applicationName: `numberer-${place}`, patience: PATIENCE }),
    );
    let writing = true;
    const write = async (): Promise<void> => {
      for (let round = 0; round < 40; round += 1) {
        for (const [place, of] of groups.entries())
          await record(
            [
              { ago: 1 + round, outcome: 'missed', count: 3 + place, epoch: 2 + (round % 2) },
              { ago: 1, side: 'legacy' },
            ],
            of,
          );
        // As a sweeper that notes late ends, several at once.
        await db.query(
          `UPDATE handoff_occurrence SET second_ends = second_ends + 1 WHERE id IN
             (SELECT id FROM handoff_occurrence WHERE migration = $1 ORDER BY random() LIMIT 20)`,
          [group.migration],
        );
      }
      writing = false;
    };
    const numberAll = async (of: Database): Promise<void> => {
      for (;;) {
        const last = !writing;
        const { numbered, more } = await numberOf(of, groups, 7);
        if (last && numbered === 0 && !more) return;
      }
    };
    let numbering = true;
    const readAll = async (of: Database): Promise<Counts[]> => {
      const after = groups.map(() => '0');
      const counts = groups.map((): Counts => total([]));
      for (;;) {
        const last = !numbering;
        const slices = await readMatured(
          of,
          groups.map((one, index) => ({ ...one, after: after[index] ?? '0' })),
        );
        for (const [index, count] of counts.entries()) {
          const own = slices.filter((slice) => slice.index === index);
          for (const side of ['target', 'legacy'] as const) {
            count[side].kept += total(own)[side].kept;
            count[side].missed += total(own)[side].missed;
          }
          if (own.length > 0) after[index] = highest(own);
        }
        if (last) return counts;
      }
    };
    const readers = others.map(readAll);
    await Promise.all([write(), ...[db, ...others].map(numberAll)]);
    numbering = false;
    const expected = [3, 4, 5].map((each) => ({
      target: { kept: 0, missed: 40 * each },
      legacy: { kept: 40, missed: 0 },
    }));
    for (const counts of await Promise.all(readers)) expect(counts).toEqual(expected);
    const { rows } = await db.query<{ numbers: number }>(
      'SELECT count(DISTINCT matured)::int AS numbers FROM handoff_occurrence WHERE migration = $1',
      [group.migration],
    );
    expect(rows).toEqual([{ numbers: 40 * (3 + 4 + 5 + 3) }]);
    await Promise.all(others.map((other) => other.close()));
  });

  it('never wait for a sweeper that holds an outcome: it gets its number later', async () => {
    await record([{ ago: 3_000 }, { ago: 2_000 }]);
    await db.transaction(async (connection) => {
      await connection.query(
        `SELECT FROM handoff_occurrence WHERE migration = $1 ORDER BY matures_at LIMIT 1 FOR NO KEY UPDATE`,
        [group.migration],
      );
      expect(await number()).toEqual({ numbered: 1, more: true });
    });
    expect(await number()).toEqual({ numbered: 1, more: false });
    expect(total(await read()).target.kept).toBe(2);
  });
});

it('finds outcomes by their indexes, however many there are of earlier attempts and of numbers that were read', async () => {
  await db.query(
    `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, to_side, epoch, started_at,
                                     deadline_at, outcome, ended_at, final, finalized_at, matures_at, matured)
     SELECT $1, $2, 'ep_' || n, 0, 'pat_' || n, 'payment', 'everyone', CASE WHEN n % 20 = 0 THEN 'target' ELSE 'legacy' END, 'legacy',
            CASE WHEN n <= 10000 THEN 1 ELSE 2 END, now(), now(), 'kept', now(), true, now(), now() - interval '1 h',
            CASE WHEN n > 10000 AND n <= 19900 THEN -n END
       FROM generate_series(1, 20000) n`,
    [group.migration, ROUTING],
  );
  await db.query('ANALYZE handoff_occurrence');
  const plans: string[] = [];
  const explaining = (connection: Queryable): Queryable => ({
    query: async (sql, values = [], how) => {
      const { rows } = await connection.query(`EXPLAIN ${sql}`, values);
      plans.push(JSON.stringify(rows));
      return connection.query(sql, values, how);
    },
  });
  await readMatured(explaining(db), [{ ...group, after: '5' }]);
  await readFirst(explaining(db), [{ ...group, after: '5', limit: 10 }]);
  await whichStarted(explaining(db), [group]);
  const numberer: Pick<Database, 'transaction'> = {
    transaction: (work, how) => db.transaction((connection) => work(explaining(connection)), how),
  };
  expect(await numberOf(numberer, [group])).toEqual({ numbered: 100, more: false });
  const [reading = '', first = '', started = '', , numbering = ''] = plans;
  for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on handoff_occurrence|handoff_outcomes/);
  for (const plan of [reading, first]) expect(plan).toContain('Index Scan using handoff_matured');
  expect(started).toMatch(/using handoff_on_target/);
  expect(numbering).toContain('handoff_to_mature');
  // Each row beside each other one: for a backlog that would be millions.
  expect(numbering).not.toContain('Join Filter');
});

it('looks for events of a journey by their index, however many there are', async () => {
  await record(Array.from({ length: 50 }, () => ({ had: [{ type: 'support.ticketOpened', at: 1_000 }] })));
  await db.query(
    `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at)
     SELECT $1, '/target/support', gen_random_uuid(), 'support.ticketOpened', 'ep_other_' || n % 2000, 'pat_1', '{}', now(), 0, now(), '{}', now()
       FROM generate_series(1, 20000) n`,
    [group.migration],
  );
  await db.query('ANALYZE event, handoff_occurrence');
  await number();
  const plans: string[] = [];
  const explaining: Queryable = {
    query: async (sql, values = [], how) => {
      const { rows } = await db.query(`EXPLAIN ${sql}`, values);
      plans.push(JSON.stringify(rows));
      return db.query(sql, values, how);
    },
  };
  const slices = await readMatured(explaining, [{ ...group, after: '0', event: 'support.ticketOpened' }]);
  expect(total(slices).target).toEqual({ kept: 0, missed: 50 });
  const { rows } = await db.query<{ name: string }>(
    `SELECT DISTINCT tableoid::regclass::text AS name FROM event WHERE migration = $1 AND journey LIKE 'ep_other%'`,
    [group.migration],
  );
  for (const { name } of rows) {
    expect(plans[0]).toMatch(new RegExp(`Index[^"]* on ${name}`));
    expect(plans[0]).not.toContain(`Seq Scan on ${name}`);
  }
  expect(rows).toHaveLength(1);
});
