import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createLogger } from '../../../platform/logger';
import { Database } from '../../../store/database';
import { countEvents, storeEvents, type EventToStore } from '../../../store/events';
import { countOutcomes } from '../../../store/handoffs';
import { startSweeper } from '../../../worker/sweeper';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { MESSAGE, ROUTING, startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys } from './test-stack';

const HOUR = 3_600_000;
let database: TestDatabase;
let db: Database;
let migration: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  await startMigrationOf(db, migration);
});

interface OpenedException {
  journey: string;
  subject: string;
  queue: string;
  owner: string;
  cause: string;
  recovered: boolean;
}

async function exceptions(): Promise<OpenedException[]> {
  const { rows } = await db.query<OpenedException>(
    `SELECT journey, subject, queue, owner, cause, recovered_at IS NOT NULL AS recovered
       FROM exception WHERE migration = $1 ORDER BY journey`,
    [migration],
  );
  return rows;
}

async function auditCount(action: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'SELECT count(*)::float8 AS count FROM audit WHERE migration = $1 AND action = $2',
    [migration, action],
  );
  return rows[0]?.count ?? 0;
}

describe('R24 payment succeeded, record not routed', () => {
  const PATIENTS = 200;
  const DROPPED = new Set([3, 17, 42, 99, 100, 151, 198]);

  /** Everything that happened, each once to three times, in no order at all. */
  function told(): EventToStore[] {
    const start = Date.now() - 20_000;
    const events: EventToStore[] = [];
    for (let patient = 0; patient < PATIENTS; patient += 1) {
      const paidAt = start + patient;
      const tell = (type: string, time: number) => eventToStore(migration, { patient, type, time });
      events.push(tell('payment.succeeded', paidAt), tell('message.delivered', paidAt + 700));
      if (!DROPPED.has(patient)) events.push(tell('review.assigned', paidAt + 900));
    }
    const repeated = events.flatMap((event, index) => Array.from({ length: 1 + (index % 3) }, () => event));
    return repeated
      .map((event, index) => ({ event, order: (index * 7_919) % 6_007 }))
      .sort((a, b) => a.order - b.order)
      .map(({ event }) => event);
  }

  it('opens exactly one exception for each of the 7 dropped of 200, and none for the rest, with duplicates, in any order, with two sweepers and one of them killed', async () => {
    const events = told();
    const second = Database.connect({ url: database.url, applicationName: 'second-sweeper' });
    const logger = createLogger('test', 'silent');
    // While it all arrives, from four senders, a sweeper matches what is there so far.
    const early = startSweeper({ db: second, logger, tick: 5 });
    const parts = Array.from({ length: 4 }, (_, sender) => events.filter((_event, index) => index % 4 === sender));
    await Promise.all(
      parts.map(async (part) => {
        for (let at = 0; at < part.length; at += 40) await storeEvents(db, part.slice(at, at + 40));
      }),
    );
    await early.stop();
    await letTimePass(db, migration, 2 * HOUR);

    // One sweeper, a process of its own, is held up with its exceptions written and not committed; and killed there.
    const holder = Database.connect({ url: database.url, applicationName: 'holder' });
    const remaining = await holder.transaction(async (connection) => {
      // It holds on however long that takes.
      await connection.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      await connection.query('LOCK TABLE audit IN SHARE MODE');
      const killed = spawn(process.execPath, [
        '--require',
        join(__dirname, 'typescript-hook.cjs'),
        join(__dirname, 'sweeper-process.ts'),
        database.url,
      ]);
      const exited = once(killed, 'exit');
      try {
        await until('the first sweeper waits in mid-transaction', () => isWaiting('sweeper-to-be-killed'));
        expect(await exceptions()).toEqual([]);
        return startSweeper({ db: second, logger, tick: 5 });
      } finally {
        killed.kill('SIGKILL');
        await exited;
      }
    });
    await until('everything is settled', () => isSettled());
    await remaining.stop();

    expect(await exceptions()).toEqual(
      [...DROPPED].map((patient) => ({
        journey: keys.episode(patient),
        subject: keys.patient(patient),
        queue: 'payment-not-routed',
        owner: 'care-coordination',
        cause: expect.stringMatching(/^handoff:\d+$/) as string,
        recovered: false,
      })),
    );
    expect(await auditCount('exception.opened')).toBe(DROPPED.size);
    const outcomes = await countOutcomes(db, migration);
    expect(outcomes).toMatchObject([
      {
        handoff: MESSAGE,
        bySide: { unplaced: { open: 0, kept: 200, missed: 0, released: 0 } },
        repeated: 0,
        unmatched: 0,
      },
      {
        handoff: ROUTING,
        bySide: { unplaced: { open: 0, kept: 193, missed: 7, released: 0 } },
        repeated: 0,
        unmatched: 0,
      },
    ]);
    expect(await countEvents(db, migration)).toEqual({ stored: 593, matched: 593, unlistened: 0, pending: 0 });
    await Promise.all([second.close(), holder.close()]);
  });

  async function isWaiting(applicationName: string): Promise<boolean> {
    const { rows } = await db.query(
      `SELECT FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
      [applicationName],
    );
    return rows.length > 0;
  }

  async function isSettled(): Promise<boolean> {
    const { rows } = await db.query('SELECT FROM journey WHERE migration = $1 AND due_at IS NOT NULL', [migration]);
    return rows.length === 0;
  }
});

describe('a missed handoff (I6)', () => {
  const MINUTE = 60_000;

  it('waits for its lateness before it is missed, and then has its exception in the same moment', async () => {
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded' })]);
    await sweepAllDue(db);
    await letTimePass(db, migration, 10 * MINUTE + 55_000);
    await sweepAllDue(db);
    expect(await exceptions()).toEqual([]);
    await letTimePass(db, migration, 10_000);
    const report = await sweepAllDue(db);
    expect(report).toMatchObject({ finalized: { missed: 1 }, exceptionsOpened: 1 });
    expect(await exceptions()).toHaveLength(1);
  });

  it('is due by the SLA of its queue, from when its exception was opened', async () => {
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded' })]);
    await letTimePass(db, migration, HOUR);
    await sweepAllDue(db);
    const { rows } = await db.query<{ queue: string; sla: number }>(
      `SELECT queue, (extract(epoch FROM due_at - opened_at) / 60)::float8 AS sla FROM exception WHERE migration = $1 ORDER BY queue`,
      [migration],
    );
    expect(rows).toEqual([
      { queue: 'next-step-not-told', sla: 240 },
      { queue: 'payment-not-routed', sla: 30 },
    ]);
  });

  it('is recovered by its late end: noted on its exception, which stays open, and in the audit log, once', async () => {
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded' })]);
    await letTimePass(db, migration, HOUR);
    await sweepAllDue(db);
    const late = eventToStore(migration, { patient: 1, type: 'review.assigned' });
    await storeEvents(db, [late, eventToStore(migration, { patient: 1, type: 'review.assigned' })]);
    await sweepAllDue(db);
    await letTimePass(db, migration, HOUR);
    await sweepAllDue(db);
    await storeEvents(db, [late]);
    await sweepAllDue(db);
    const opened = await exceptions();
    expect(opened.filter(({ queue }) => queue === 'payment-not-routed')).toMatchObject([{ recovered: true }]);
    expect(opened.filter(({ queue }) => queue === 'next-step-not-told')).toMatchObject([{ recovered: false }]);
    expect(await auditCount('exception.recovered')).toBe(1);
    const [, routing] = await countOutcomes(db, migration);
    expect(routing).toMatchObject({
      handoff: ROUTING,
      recovered: 1,
      unmatched: 1,
      bySide: { unplaced: { missed: 1 } },
    });
  });

  it('stays missed when an event that says otherwise comes too late to count', async () => {
    const paidAt = Date.now();
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded', time: paidAt })]);
    await letTimePass(db, migration, HOUR);
    await sweepAllDue(db);
    const inTime = paidAt - HOUR + MINUTE;
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'review.assigned', time: inTime })]);
    await letTimePass(db, migration, HOUR);
    expect(await sweepAllDue(db)).toMatchObject({ recovered: 1, contradicted: 0 });
    const [, routing] = await countOutcomes(db, migration);
    expect(routing).toMatchObject({ handoff: ROUTING, bySide: { unplaced: { kept: 0, missed: 1 } }, recovered: 1 });
  });

  it('opens no exception where a declared reason released it (R50)', async () => {
    const paidAt = Date.now() - 30_000;
    await storeEvents(db, [
      eventToStore(migration, { patient: 1, type: 'payment.succeeded', time: paidAt }),
      eventToStore(migration, { patient: 1, type: 'message.delivered', time: paidAt + 1 }),
      eventToStore(migration, { patient: 1, type: 'payment.refunded', time: paidAt + 2 }),
    ]);
    await letTimePass(db, migration, HOUR);
    expect(await sweepAllDue(db)).toMatchObject({ finalized: { kept: 1, missed: 0, released: 1 } });
    expect(await exceptions()).toEqual([]);
  });
});

describe('every event is accounted for', () => {
  it('as matched, repeated, unmatched or unlistened', async () => {
    const at = Date.now() - 30_000;
    const tell = (patient: number, type: string, time: number) => eventToStore(migration, { patient, type, time });
    await storeEvents(db, [
      tell(1, 'payment.succeeded', at),
      tell(1, 'payment.succeeded', at + 1),
      tell(1, 'payment.retried', at + 2),
      tell(2, 'review.assigned', at),
      tell(2, 'payment.refunded', at + 1),
    ]);
    await sweepAllDue(db);
    expect(await countEvents(db, migration)).toEqual({ stored: 5, matched: 4, unlistened: 1, pending: 0 });
    const open = { open: 1, kept: 0, missed: 0, released: 0 };
    expect(await countOutcomes(db, migration)).toMatchObject([
      { handoff: MESSAGE, phase: 'payment', bySide: { unplaced: open }, repeated: 1, unmatched: 0 },
      { handoff: ROUTING, phase: 'payment', bySide: { unplaced: open }, repeated: 1, unmatched: 1 },
    ]);
  });

  it('takes back what it said of an end that arrived before its start', async () => {
    const at = Date.now() - 30_000;
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'review.assigned', time: at + 5 })]);
    await sweepAllDue(db);
    expect(await countOutcomes(db, migration)).toMatchObject([{ handoff: ROUTING, phase: 'payment', unmatched: 1 }]);
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded', time: at })]);
    await sweepAllDue(db);
    const outcomes = await countOutcomes(db, migration);
    expect(outcomes.find(({ handoff }) => handoff === ROUTING)).toMatchObject({
      bySide: { unplaced: { kept: 1 } },
      unmatched: 0,
    });
  });
});

describe('a journey that cannot be matched', () => {
  it('holds up no other, is told of, and is looked at again later', async () => {
    await storeEvents(db, [
      eventToStore(migration, { patient: 1, type: 'payment.succeeded' }),
      eventToStore('no-such-migration', { patient: 2, type: 'payment.succeeded' }),
    ]);
    await letTimePass(db, migration, HOUR);
    const report = await sweepAllDue(db);
    expect(report).toMatchObject({ journeys: 1, exceptionsOpened: 2, failed: 2 });
    expect(report.failure).toBeInstanceOf(Error);
    const { rows } = await db.query<{ later: boolean }>(
      `SELECT due_at > clock_timestamp() AS later FROM journey WHERE migration = 'no-such-migration'`,
    );
    expect(rows).toEqual([{ later: true }]);
  });
});
