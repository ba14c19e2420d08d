import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import pino from 'pino';
import { createMetricsRegistry } from '../../../platform/metrics';
import { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { changeSplit, createSplit, readSplit } from '../../../store/splits';
import { countSweeps, createWorkerMetrics } from '../../../worker/metrics';
import { startSweeper, type SweeperMetrics } from '../../../worker/sweeper';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { COMPRESSED, ROUTING, startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { eventToStore, keys } from './test-stack';

let database: TestDatabase;
let db: Database;
let migration: string;
let logged: string;
const logger = pino(
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString();
      done();
    },
  }),
);

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  logged = '';
  // What an earlier test left open is not this one's.
  await db.query('UPDATE journey SET due_at = NULL');
});

async function outcomeOf(handoff: string): Promise<string | null | undefined> {
  const { rows } = await db.query<{ outcome: string | null }>(
    'SELECT outcome FROM handoff_occurrence WHERE migration = $1 AND handoff = $2',
    [migration, handoff],
  );
  return rows[0]?.outcome;
}

async function withSweeper(db: Database, work: () => Promise<void>, metrics?: SweeperMetrics): Promise<void> {
  const sweeper = startSweeper({ db, logger, tick: 20, metrics });
  try {
    await work();
  } finally {
    await sweeper.stop();
  }
}

describe('a running sweeper', () => {
  it('matches what arrives, and sees a deadline pass with nobody sending anything, on compressed time', async () => {
    await startMigrationOf(db, migration, COMPRESSED);
    await withSweeper(db, async () => {
      await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded' }, COMPRESSED)]);
      // Open for a tenth of a second only: whoever looks late finds it missed already.
      await until('it is matched', async () => (await outcomeOf(ROUTING)) !== undefined);
      // Ten minutes and a minute's lateness, 6,000 times as fast.
      await until('it is missed', async () => (await outcomeOf(ROUTING)) === 'missed');
    });
    const { rows } = await db.query<{ open: number; sla: number }>(
      `SELECT (extract(epoch FROM o.deadline_at - o.started_at) * 1000)::float8 AS open,
              (extract(epoch FROM e.due_at - e.opened_at) * 1000)::float8 AS sla
         FROM handoff_occurrence o JOIN exception e ON e.cause = 'handoff:' || o.id WHERE o.migration = $1 AND o.handoff = $2`,
      [migration, ROUTING],
    );
    expect(rows).toEqual([{ open: 100, sla: 300 }]);
  });

  it('tells the worker how many handoffs ended how, and how late matching is', async () => {
    await startMigrationOf(db, migration);
    const metrics = createWorkerMetrics(createMetricsRegistry('worker'), db);
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded' })]);
    await letTimePass(db, migration, 3_600_000);
    const lag = /handoff_matching_lag_seconds\{[^}]*\} (\d+)/;
    expect(Number(lag.exec(await metrics.registry.metrics())?.[1])).toBeGreaterThanOrEqual(3_600);
    const both = async (): Promise<void> => {
      await until('both are missed', async () => {
        const { values } = await metrics.outcomes.get();
        return values.find(({ labels }) => labels.outcome === 'missed')?.value === 2;
      });
    };
    await withSweeper(db, both, countSweeps(metrics));
    expect(Number(lag.exec(await metrics.registry.metrics())?.[1])).toBe(0);
  });

  it('writes down the fallback of a split whose lease has run out (I4)', async () => {
    await startMigrationOf(db, migration);
    const split = { migration, phase: 'payment', cohort: 'everyone', lease: 50 };
    const { epoch } = await createSplit(db, split);
    const raised = await changeSplit(db, {
      ...split,
      expectedEpoch: epoch,
      share: 25_000,
      perDay: null,
      mode: 'open',
      cause: 'raised',
    });
    expect(raised.share).toBe(25_000);
    await withSweeper(db, async () => {
      await until('the split fell', async () => {
        const now = await readSplit(db, split);
        return now?.share === 0 && now.epoch === raised.epoch + 1;
      });
    });
    expect(logged).toContain('unattended');
  });

  it('outlives its connections, and logs nothing of a patient (I15)', async () => {
    await startMigrationOf(db, migration);
    const own = Database.connect({ url: database.url, applicationName: migration });
    await withSweeper(own, async () => {
      const holder = Database.connect({ url: database.url, applicationName: 'holder' });
      await holder.transaction(async (connection) => {
        // It is in the middle of a transaction when it loses its connection.
        await connection.query('LOCK TABLE handoff_occurrence IN SHARE MODE');
        await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded' })]);
        await until('it waits for a lock', async () => {
          const waiting = await db.query(
            `SELECT FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
            [migration],
          );
          return waiting.rows.length > 0;
        });
        await db.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
          migration,
        ]);
      });
      await holder.close();
      await until('it matched all the same', async () => (await outcomeOf(ROUTING)) === null);
    });
    await own.close();
    expect(logged).not.toContain(keys.patient(1));
    expect(logged).not.toContain(keys.episode(1));
  });

  it('goes on when the database answers nothing for a while', async () => {
    await startMigrationOf(db, migration);
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded' })]);
    let away = true;
    const flaky = Database.connect({ url: database.url, applicationName: 'flaky' });
    const proxy = new Proxy(flaky, {
      get: (target, name: keyof Database) => {
        if (away && (name === 'transaction' || name === 'query')) return () => Promise.reject(new Error('away'));
        return target[name].bind(target);
      },
    });
    await withSweeper(proxy, async () => {
      await until('it noticed', () => logged.includes('trying again'));
      away = false;
      await until('it matched', async () => (await outcomeOf(ROUTING)) === null);
    });
    await flaky.close();
  });

  it('has committed what it was doing when its stop is answered, and does nothing after', async () => {
    await startMigrationOf(db, migration);
    const holder = Database.connect({ url: database.url, applicationName: 'holder' });
    const own = Database.connect({ url: database.url, applicationName: migration });
    const sweeper = startSweeper({ db: own, logger, tick: 20 });
    let stopped = false;
    const stopping = await holder.transaction(async (connection) => {
      await connection.query('LOCK TABLE handoff_occurrence IN SHARE MODE');
      await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded' })]);
      await until('it is at work', async () => {
        const { rows } = await db.query(
          `SELECT FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
          [migration],
        );
        return rows.length > 0;
      });
      const answer = sweeper.stop().then(() => {
        stopped = true;
      });
      await db.query('SELECT 1');
      expect(stopped).toBe(false);
      return { answer };
    });
    await stopping.answer;
    expect(await outcomeOf(ROUTING)).toBeNull();
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'review.assigned' })]);
    const { rows } = await db.query('SELECT FROM event WHERE migration = $1 AND disposition IS NULL', [migration]);
    expect(rows).toHaveLength(1);
    await Promise.all([own.close(), holder.close()]);
  });
});
