import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../platform/system-clock';
import { Database, type Queryable } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { countOutcomes } from '../../../store/handoffs';
import { JourneySweeper } from '../../../store/journey-sweeper';
import { MigrationPlans } from '../../../store/migration-plans';
import { reconcileJourneys } from '../../../store/reconcile-journeys';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { ROUTING, startMigrationOf } from './facts-plan';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore, keys } from './test-stack';

let database: TestDatabase;
let db: Database;
/** Connections that are not those of the matcher. */
let elsewhere: Database;
let migration: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  elsewhere = Database.connect({ url: database.url, applicationName: 'elsewhere' });
});
afterAll(async () => {
  await elsewhere.close();
  await database.drop();
});
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  await startMigrationOf(db, migration);
});

const plans = (): MigrationPlans => new MigrationPlans(systemClock);
const paid = (patient: number) => eventToStore(migration, { patient, type: 'payment.succeeded' });
const assigned = (patient: number) => eventToStore(migration, { patient, type: 'review.assigned' });
async function routing(of = migration): Promise<object | undefined> {
  return (await countOutcomes(db, of)).find(({ handoff }) => handoff === ROUTING)?.bySide.unplaced;
}

function deferred(): { promise: Promise<undefined>; resolve: (value: undefined) => void } {
  let resolve: (value: undefined) => void = () => undefined;
  const promise = new Promise<undefined>((done) => (resolve = done));
  return { promise, resolve };
}

/** Lets `storeEvents` work in a transaction that is under way. */
function alreadyIn(connection: Queryable): Database {
  return { transaction: (work: (inside: Queryable) => Promise<unknown>) => work(connection) } as unknown as Database;
}

/** A matcher's transaction in which something happens when it has read and computed everything, and has locked nothing. */
async function matchWith(
  meanwhile: () => Promise<unknown>,
  patients: readonly number[],
  of = migration,
): Promise<void> {
  await db.transaction(async (connection) => {
    const interrupted: Queryable = {
      query: async (sql, values) => {
        if (sql.includes('SKIP LOCKED')) await meanwhile();
        return connection.query(sql, values);
      },
    };
    const journeys = patients.map((patient) => ({ migration: of, journey: keys.episode(patient) }));
    await reconcileJourneys(interrupted, plans(), journeys);
  });
}

describe('an event that arrives while its journey is being matched', () => {
  it('I6 counts where it was received in time and committed only after its journey was read: what was computed without it is thrown away', async () => {
    const compressed = `facts-${randomUUID()}`;
    // Ten minutes are three seconds, the lateness 300 ms.
    await startMigrationOf(db, compressed, 200);
    const start = Date.now();
    const tell = (patient: number, type: string) => eventToStore(compressed, { patient, type, time: start }, 200);
    await storeEvents(db, [tell(1, 'payment.succeeded'), tell(2, 'payment.succeeded')]);
    const commit = deferred();
    const received = deferred();
    const storing = elsewhere.transaction(async (connection) => {
      await storeEvents(alreadyIn(connection), [{ ...tell(1, 'review.assigned'), time: start + 1 }]);
      received.resolve(undefined);
      await commit.promise;
    });
    await received.promise;
    await until('deadline and lateness are over', () => Promise.resolve(Date.now() > start + 3_400));
    await matchWith(
      async () => {
        commit.resolve(undefined);
        await storing;
      },
      [1, 2],
      compressed,
    );
    // The other journey got nothing: it is final.
    expect(await routing(compressed)).toMatchObject({ missed: 1, kept: 0 });
    await sweepAllDue(db);
    expect(await routing(compressed)).toEqual({ open: 0, kept: 1, missed: 1, released: 0 });
  });

  it('is stored at once while a matcher is in the middle of computing', async () => {
    await storeEvents(db, [paid(1)]);
    let stored: unknown;
    await matchWith(async () => {
      stored = await storeEvents(elsewhere, [assigned(1)]);
    }, [1]);
    expect(stored).toEqual(['stored']);
    await sweepAllDue(db);
    expect(await routing()).toMatchObject({ kept: 1, open: 0 });
  });

  it('is passed by while it is still being stored, and matched after', async () => {
    await storeEvents(db, [paid(1)]);
    await elsewhere.transaction(async (storing) => {
      await storing.query('SELECT FROM journey WHERE migration = $1 AND id = $2 FOR UPDATE', [
        migration,
        keys.episode(1),
      ]);
      await new JourneySweeper(db, plans()).sweep(10);
      expect(await routing()).toBeUndefined();
    });
    await sweepAllDue(db);
    expect(await routing()).toMatchObject({ open: 1 });
  });
});

describe('several matchers', () => {
  it('never match one journey at the same time, and wait for none', async () => {
    await storeEvents(
      db,
      Array.from({ length: 20 }, (_, patient) => paid(patient)),
    );
    const seen: number[] = [];
    await matchWhileClaimed(async () => {
      seen.push((await new JourneySweeper(elsewhere, plans()).sweep(50)).journeys);
    });
    expect(seen).toEqual([10]);
  });

  /** Lets something happen while a sweep of ten journeys has claimed them. */
  async function matchWhileClaimed(meanwhile: () => Promise<void>): Promise<void> {
    const halfway = {
      query: db.query.bind(db),
      transaction: <Result>(work: (connection: Queryable) => Promise<Result>) =>
        db.transaction((connection) =>
          work({
            query: async (sql, values) => {
              if (sql.includes('SKIP LOCKED')) await meanwhile();
              return connection.query(sql, values);
            },
          }),
        ),
    } as unknown as Database;
    await new JourneySweeper(halfway, plans()).sweep(10);
  }
});
