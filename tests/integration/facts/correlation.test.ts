import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Backtest } from '../../../domain/backtest/backtest';
import type { HandoffCount } from '../../../domain/backtest/count-handoffs';
import { loadPlan } from '../../../domain/plan/load-plan';
import type { Database, Queryable } from '../../../store/database';
import { Database as Connected } from '../../../store/database';
import { countEvents, storeEvents, storeEventsWith } from '../../../store/events';
import { countOutcomes } from '../../../store/handoffs';
import { JourneySweeper } from '../../../store/journey-sweeper';
import { linkKeys } from '../../../store/key-links';
import { MigrationPlans } from '../../../store/migration-plans';
import { reconcileCorrelations } from '../../../store/reconcile-correlations';
import { systemClock } from '../../../platform/system-clock';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { CORRELATED_PLAN, happened, key, type Happened } from './correlated-stack';
import { startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STOP = 'stop-to-suppressed';
const RENEWAL = 'renewal-to-settled';
const SHIPPED = 'shipped-to-tracking';

let database: TestDatabase;
let db: Database;
let elsewhere: Database;
let migration: string;
let now: number;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  elsewhere = Connected.connect({ url: database.url, applicationName: 'elsewhere' });
});
afterAll(async () => {
  await elsewhere.close();
  await database.drop();
});
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  now = Date.now() - 30_000;
  await startMigrationOf(db, migration, 1, CORRELATED_PLAN);
});

async function tell(...told: (Omit<Happened, 'time' | 'id'> & { time?: number; id?: string })[]): Promise<void> {
  await storeEvents(
    db,
    told.map((one) => happened(migration, { time: now, id: randomUUID(), ...one })),
  );
  await sweepAllDue(db);
}

async function passes(time: number): Promise<void> {
  await letTimePass(db, migration, time);
  now -= time;
  await sweepAllDue(db);
}

async function outcomes(handoff: string): Promise<object | undefined> {
  return (await countOutcomes(db, migration)).find((one) => one.handoff === handoff)?.bySide.unplaced;
}
const counted = (more: object): object => ({ open: 0, kept: 0, missed: 0, released: 0, ...more });

async function cases(): Promise<{ journey: string; subject: string; handoff: string; recovered: boolean }[]> {
  const { rows } = await db.query<{ journey: string; subject: string; handoff: string; recovered: boolean }>(
    `SELECT journey, subject, handoff, recovered_at IS NOT NULL AS recovered FROM exception WHERE migration = $1 ORDER BY journey, id`,
    [migration],
  );
  return rows;
}

async function link(alias: number, unit: number): Promise<void> {
  const links = [{ kind: 'patient', alias: key('pat', alias), unit: key('pat', unit), unitKind: 'patient' }] as const;
  const of = { migration, planHash: 'h', phases: [], actor: 'engineer-1', verified: true };
  expect(await linkKeys(db, { ...of, links })).toMatchObject({ linked: 1 });
}

describe('a handoff that counts by patient', () => {
  it('is kept by an end in another episode, and missed with one case on the episode of its start where there is none', async () => {
    await tell(
      { type: 'stop.received', patient: 1, episode: 1 },
      { type: 'sender.suppressed', patient: 1, episode: 2, time: now + 1_000 },
      { type: 'stop.received', patient: 2, episode: 3 },
      { type: 'sender.suppressed', patient: 3, episode: 4 },
    );
    expect(await outcomes(STOP)).toEqual(counted({ kept: 1, open: 1 }));
    await passes(HOUR);
    expect(await outcomes(STOP)).toEqual(counted({ kept: 1, missed: 1 }));
    expect(await cases()).toEqual([{ journey: key('ep', 3), subject: key('pat', 2), handoff: STOP, recovered: false }]);
    const { rows } = await db.query<{ count: number }>(
      'SELECT sum(count)::float8 AS count FROM handoff_unmatched WHERE migration = $1',
      [migration],
    );
    expect(rows).toEqual([{ count: 1 }]);
    expect(await countEvents(db, migration)).toMatchObject({ stored: 4, matched: 4, pending: 0 });
  });

  it('is released and recovered over episodes too', async () => {
    await tell(
      { type: 'stop.received', patient: 1, episode: 1 },
      { type: 'patient.resumed', patient: 1, episode: 2, time: now + 1_000 },
      { type: 'stop.received', patient: 2, episode: 3 },
    );
    await passes(HOUR);
    await tell({ type: 'sender.suppressed', patient: 2, episode: 4, time: Date.now() });
    await passes(HOUR);
    expect(await outcomes(STOP)).toEqual(counted({ released: 1, missed: 1 }));
    expect(await cases()).toMatchObject([{ journey: key('ep', 3), recovered: true }]);
  });
});

describe('a stop that every sender must hear', () => {
  it('is kept by one end of each, in whichever episodes, and missed where one is lacking', async () => {
    migration = `facts-${randomUUID()}`;
    const each = CORRELATED_PLAN.replace(
      '    correlate: patient\n',
      '    correlate: patient\n    forEach: { field: sender, of: [email, sms] }\n',
    );
    await startMigrationOf(db, migration, 1, each);
    await tell(
      { type: 'stop.received', patient: 1, episode: 1 },
      { type: 'sender.suppressed', patient: 1, episode: 2, sender: 'email', time: now + 1_000 },
      { type: 'sender.suppressed', patient: 1, episode: 3, sender: 'sms', time: now + 2_000 },
      { type: 'stop.received', patient: 2, episode: 4 },
      { type: 'sender.suppressed', patient: 2, episode: 5, sender: 'email', time: now + 1_000 },
    );
    expect(await outcomes(STOP)).toEqual(counted({ kept: 1, open: 1 }));
    await passes(HOUR);
    expect(await outcomes(STOP)).toEqual(counted({ kept: 1, missed: 1 }));
    expect(await cases()).toMatchObject([{ journey: key('ep', 4), subject: key('pat', 2) }]);
  });
});

describe('a handoff that counts by a field', () => {
  it('is as many handoffs as there are orders in a journey, open at once', async () => {
    await tell(
      { type: 'order.shipped', patient: 1, episode: 1, order: 1 },
      { type: 'order.shipped', patient: 1, episode: 1, order: 2, time: now + 1_000 },
      // Another patient's order of the same number.
      { type: 'tracking.visible', patient: 2, episode: 2, order: 2 },
    );
    expect(await outcomes(SHIPPED)).toEqual(counted({ open: 2 }));
    await tell({ type: 'tracking.visible', patient: 1, episode: 1, order: 2, time: now + 2_000 });
    expect(await outcomes(SHIPPED)).toEqual(counted({ open: 1, kept: 1 }));
    await tell({ type: 'order.shipped', patient: 1, episode: 1, order: 3, time: now + 3_000 });
    await passes(HOUR);
    expect(await outcomes(SHIPPED)).toEqual(counted({ missed: 2, kept: 1 }));
    // Two orders are two troubles.
    expect(await cases()).toHaveLength(2);
  });
});

describe('a handoff that counts by an instance', () => {
  it('goes by the subscription, in whichever episode; those that name none count by their journey', async () => {
    await tell(
      { type: 'renewal.due', patient: 1, episode: 1, subscription: 1 },
      { type: 'renewal.due', patient: 1, episode: 1, subscription: 2 },
      { type: 'renewal.due', patient: 1, episode: 1 },
      { type: 'renewal.settled', patient: 1, episode: 2, subscription: 2, time: now + 1_000 },
      { type: 'renewal.settled', patient: 1, episode: 1, time: now + 1_000 },
    );
    expect(await outcomes(RENEWAL)).toEqual(counted({ open: 1, kept: 2 }));
    await passes(2 * HOUR);
    expect(await outcomes(RENEWAL)).toEqual(counted({ missed: 1, kept: 2 }));
    expect(await cases()).toHaveLength(1);
  });
});

describe('two keys that turn out to be one patient', () => {
  it('are matched as one from then on: an open start is kept by the end under the other key', async () => {
    await tell(
      { type: 'stop.received', patient: 1, episode: 1 },
      { type: 'sender.suppressed', patient: 2, episode: 2, time: now + 1_000 },
    );
    expect(await outcomes(STOP)).toEqual(counted({ open: 1 }));
    await link(2, 1);
    await sweepAllDue(db);
    expect(await outcomes(STOP)).toEqual(counted({ kept: 1 }));
    await passes(HOUR);
    expect(await cases()).toEqual([]);
  });

  it.each([
    ['in time under the other key', 1_000],
    ['late under the other key', 40 * MINUTE],
  ])('recover what was missed by then where its end came %s, and open nothing more', async (_when, after) => {
    await tell({ type: 'stop.received', patient: 1, episode: 1, time: now - HOUR });
    await tell({ type: 'sender.suppressed', patient: 2, episode: 2, time: now - HOUR + after });
    await passes(HOUR);
    expect(await cases()).toMatchObject([{ recovered: false }]);
    await link(1, 2);
    await sweepAllDue(db);
    expect(await cases()).toMatchObject([{ journey: key('ep', 1), recovered: true }]);
    expect(await outcomes(STOP)).toEqual(counted({ missed: 1 }));
    await passes(HOUR);
    expect(await cases()).toHaveLength(1);
  });

  it('have one handoff where both had started one: the second start is a repetition', async () => {
    await tell(
      { type: 'stop.received', patient: 1, episode: 1 },
      { type: 'stop.received', patient: 2, episode: 2, time: now + 1_000 },
    );
    expect(await outcomes(STOP)).toEqual(counted({ open: 2 }));
    await link(2, 1);
    await sweepAllDue(db);
    expect(await outcomes(STOP)).toEqual(counted({ open: 1 }));
    await passes(HOUR);
    expect(await cases()).toEqual([{ journey: key('ep', 1), subject: key('pat', 1), handoff: STOP, recovered: false }]);
  });
});

describe('an end that must come once', () => {
  it('has a case for each more of it, also where it came before a known one under a key that is linked later', async () => {
    migration = `facts-${randomUUID()}`;
    const once = CORRELATED_PLAN.replace('    correlate: patient\n', '    correlate: patient\n    exactlyOnce: true\n');
    await startMigrationOf(db, migration, 1, once);
    await tell(
      { type: 'stop.received', patient: 1, episode: 1 },
      { type: 'sender.suppressed', patient: 1, episode: 1, time: now + 1_000 },
      { type: 'sender.suppressed', patient: 2, episode: 2, time: now + 2_000, id: 'under-another-key' },
      { type: 'sender.suppressed', patient: 1, episode: 1, time: now + 3_000, id: 'once-more' },
    );
    await passes(HOUR);
    const causes = async (): Promise<string[]> => {
      const { rows } = await db.query<{ cause: string }>(
        `SELECT cause FROM exception WHERE migration = $1 UNION ALL SELECT cause FROM exception_cause WHERE migration = $1`,
        [migration],
      );
      return rows.map(({ cause }) => cause.slice(cause.lastIndexOf(':') + 1)).sort();
    };
    expect(await causes()).toEqual(['once-more']);
    await link(2, 1);
    await sweepAllDue(db);
    expect(await causes()).toEqual(['once-more', 'under-another-key']);
    await tell({ type: 'sender.suppressed', patient: 2, episode: 3, id: 'and-again' });
    await passes(HOUR);
    expect(await causes()).toEqual(['and-again', 'once-more', 'under-another-key']);
  });
});

describe('an event that arrives while its patient is being matched', () => {
  it('I6 counts where it was received in time and committed only after the patient was read, in a journey that nobody knew of', async () => {
    const compressed = `facts-${randomUUID()}`;
    // Fifteen minutes are 15 seconds, the lateness a second.
    await startMigrationOf(db, compressed, 60, CORRELATED_PLAN);
    const start = Date.now();
    const stop = { type: 'stop.received', patient: 1, episode: 1, time: start, id: 'stop' };
    await storeEvents(db, [happened(compressed, stop, 60)]);
    await sweepAllDue(db);
    let commit: () => void = () => undefined;
    const committing = new Promise<void>((resolve) => (commit = resolve));
    let received: () => void = () => undefined;
    const receiving = new Promise<void>((resolve) => (received = resolve));
    const storing = elsewhere.transaction(async (connection) => {
      await connection.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      const suppressed = { type: 'sender.suppressed', patient: 1, episode: 2, time: start + 1, id: 'suppressed' };
      await storeEventsWith(connection, [happened(compressed, suppressed, 60)]);
      received();
      await committing;
    });
    await receiving;
    await until('deadline and lateness are over', () => Promise.resolve(Date.now() > start + 17_000));
    await db.transaction(async (connection) => {
      const interrupted: Queryable = {
        query: async (sql, values, how) => {
          if (sql.includes('SKIP LOCKED')) {
            commit();
            await storing;
          }
          return connection.query(sql, values, how);
        },
      };
      const roots = [{ migration: compressed, kind: 'patient' as const, key: key('pat', 1) }];
      await reconcileCorrelations(interrupted, new MigrationPlans(systemClock), roots);
    });
    await sweepAllDue(db);
    const tally = (await countOutcomes(db, compressed)).find(({ handoff }) => handoff === STOP);
    expect(tally?.bySide.unplaced).toEqual(counted({ kept: 1 }));
  });
});

const { plan, hash } = loadPlan(CORRELATED_PLAN);

function omitStarted(count: HandoffCount | undefined): Partial<HandoffCount> {
  const { started: _started, ...rest } = count ?? {};
  return rest;
}

describe('I6 in any order of arrival', () => {
  const HORIZON = 20;
  const happenings = fc.array(
    fc.record({
      what: fc.constantFrom(
        { type: 'stop.received' },
        { type: 'sender.suppressed' },
        { type: 'patient.resumed' },
        { type: 'renewal.due', subscription: 1 },
        { type: 'renewal.due', subscription: 2 },
        { type: 'renewal.settled', subscription: 1 },
        { type: 'renewal.settled', subscription: 2 },
        { type: 'renewal.due' },
        { type: 'order.shipped', order: 1 },
        { type: 'order.shipped', order: 2 },
        { type: 'tracking.visible', order: 1 },
        { type: 'tracking.visible', order: 2 },
      ),
      patient: fc.constantFrom(1, 2),
      episode: fc.constantFrom(1, 2),
      second: fc.nat(HORIZON),
      sequence: fc.nat(1),
      arrival: fc.nat(1_000),
      sweepAfter: fc.boolean(),
      twice: fc.boolean(),
    }),
    { minLength: 1, maxLength: 14 },
  );

  async function written(of: string): Promise<unknown> {
    const { rows } = await db.query(
      `SELECT o.handoff, o.journey, e.id AS start, o.subject, o.outcome, o.final, o.repeated, o.recovered_at,
              extract(epoch FROM o.deadline_at - o.started_at)::float8 AS within,
              (SELECT count(*) FROM exception x WHERE x.migration = $1 AND x.cause = 'handoff:' || o.id)::int
                + (SELECT count(*) FROM exception_cause c WHERE c.migration = $1 AND c.cause = 'handoff:' || o.id)::int AS cases
         FROM handoff_occurrence o
         LEFT JOIN event e ON e.migration = $1 AND e.journey = o.journey AND -1 - e.seq = o.ordinal
        WHERE o.migration = $1 ORDER BY o.handoff, e.id`,
      [of],
    );
    return { rows, outcomes: await countOutcomes(db, of) };
  }

  it('handoffs of patients, subscriptions and orders come out the same, with duplicates and two sweepers, each start ending once with one case at most', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (list) => {
        const start = Date.now() - (HORIZON + 5) * 1_000;
        const inOrder = `facts-${randomUUID()}`;
        const asItCame = `facts-${randomUUID()}`;
        await startMigrationOf(db, inOrder, 1, CORRELATED_PLAN);
        await startMigrationOf(db, asItCame, 1, CORRELATED_PLAN);
        const told = (of: string) =>
          list.map(({ what, patient, episode, second, sequence }, index) =>
            happened(of, {
              ...{ ...what, patient, sequence, time: start + second * 1_000, id: `evt-${index}` },
              // An episode is one patient's.
              episode: patient * 10 + episode,
            }),
          );
        await storeEvents(db, told(inOrder));
        const arriving = told(asItCame)
          .map((event, index) => ({ event, ...list[index] }))
          .sort((a, b) => (a.arrival ?? 0) - (b.arrival ?? 0));
        for (const { event, sweepAfter, twice } of arriving) {
          await storeEvents(db, twice === true ? [event, event] : [event]);
          if (sweepAfter === true) await Promise.all([sweepAllDue(db), sweepAllDue(elsewhere)]);
        }
        for (const time of [0, 3 * HOUR]) {
          await letTimePass(db, inOrder, time);
          await letTimePass(db, asItCame, time);
          await Promise.all([sweepAllDue(db), sweepAllDue(elsewhere)]);
          await sweepAllDue(db);
          expect(await written(asItCame)).toEqual(await written(inOrder));
        }
        const { rows } = (await written(asItCame)) as { rows: { outcome: string; repeated: number; cases: number }[] };
        const starts = list.filter(({ what }) => ['stop.received', 'renewal.due', 'order.shipped'].includes(what.type));
        expect(rows.reduce((sum, { repeated }) => sum + 1 + repeated, 0)).toBe(starts.length);
        for (const { outcome, cases } of rows)
          expect([outcome, cases]).toEqual([outcome, outcome === 'missed' ? 1 : 0]);
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it('the live path gives what a backtest gives of the same events', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (list) => {
        const start = Date.now() - (HORIZON + 5) * 1_000;
        const live = `facts-${randomUUID()}`;
        await startMigrationOf(db, live, 1, CORRELATED_PLAN);
        const backtest = new Backtest(plan, hash);
        const told = list.map(({ what, patient, episode, second }, sequence) => ({
          ...{ ...what, patient, episode: patient * 10 + episode },
          // Those of one moment have an order: a log has one too.
          ...{ sequence, time: start + second * 1_000, id: `evt-${sequence}` },
        }));
        for (const one of told) {
          const { type, journey, subject, units, data } = happened(live, one);
          backtest.add({ journey, type, time: one.time, sequence: one.sequence, named: { subject, units }, data });
        }
        // Whatever is due is before the log's end.
        backtest.add({ journey: 'end', type: 'log.ended', time: start + 3 * HOUR, sequence: 0 });
        const shuffled = told.map((one, at) => ({ one, arrival: list[at]?.arrival ?? 0 }));
        for (const { one } of shuffled.sort((a, b) => a.arrival - b.arrival)) {
          await storeEvents(db, [happened(live, one)]);
        }
        await sweepAllDue(db);
        await letTimePass(db, live, 3 * HOUR);
        await sweepAllDue(db);
        const { handoffs } = backtest.result();
        for (const handoff of [STOP, RENEWAL, SHIPPED]) {
          const tally = (await countOutcomes(db, live)).find((one) => one.handoff === handoff);
          const { repeated = 0, unmatched = 0, recovered = 0, secondEnds = 0 } = tally ?? {};
          const counts = { ...counted({}), ...tally?.bySide.unplaced, repeated, unmatched, recovered, secondEnds };
          expect({ handoff, ...counts }).toEqual({ handoff, ...omitStarted(handoffs[handoff]) });
        }
      }),
      { numRuns: 10 },
    );
  }, 120_000);

  it('a sweep that fails on one unit goes on with the others', async () => {
    await tell({ type: 'stop.received', patient: 1, episode: 1 }, { type: 'stop.received', patient: 2, episode: 2 });
    await letTimePass(db, migration, HOUR);
    await db.query(
      `CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.subject = '${key('pat', 1)}' THEN RAISE 'refused'; END IF; RETURN NEW; END $$;
       CREATE TRIGGER refuse_one BEFORE INSERT ON exception FOR EACH ROW EXECUTE FUNCTION refuse_one()`,
    );
    try {
      const sweeper = new JourneySweeper(db, new MigrationPlans(systemClock));
      expect(await sweeper.sweep(50)).toMatchObject({ failed: 1, exceptionsOpened: 1 });
    } finally {
      await db.query('DROP TRIGGER refuse_one ON exception; DROP FUNCTION refuse_one()');
    }
    await sweepAllDue(db);
    expect((await cases()).map(({ subject }) => subject).sort()).toEqual([key('pat', 1), key('pat', 2)]);
  });
});
