import { randomUUID } from 'node:crypto';
import { Database } from '../../../store/database';
import { countEvents, storeEvents, type EventToStore } from '../../../store/events';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { until } from '../../setup/until';
import { COMPRESSED, startMigrationOf } from './facts-plan';
import { eventToStore, keys } from './test-stack';

let migration: string;
let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());
beforeEach(async () => {
  migration = `facts-${randomUUID()}`;
  await startMigrationOf(db, migration);
});

const paid = (patient: number, more = {}) => eventToStore(migration, { patient, type: 'payment.succeeded', ...more });

async function storedIds(): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>('SELECT id FROM event WHERE migration = $1 ORDER BY id', [migration]);
  return rows.map(({ id }) => id);
}

describe.each([
  ['whoever may have sent it before', { allNew: false }],
  ['though it was taken for new', { allNew: true }],
])('I5 an event is stored exactly once, %s', (_, expected) => {
  const store = (events: readonly EventToStore[]) => storeEvents(db, events, expected);

  it('stores it the first time, calls the same content a duplicate, and refuses other content under its id', async () => {
    const event = paid(1, { id: 'evt-a', time: 1_000 });
    expect(await store([event])).toEqual(['stored']);
    expect(await store([paid(1, { id: 'evt-a', time: 1_000 })])).toEqual(['duplicate']);
    expect(await store([paid(2, { id: 'evt-a', time: 1_000 })])).toEqual(['reused']);
    expect(await storedIds()).toEqual(['evt-a']);
    // A refused one leaves nothing behind, not even a journey.
    const { rows } = await db.query<{ id: string }>('SELECT id FROM journey WHERE migration = $1', [migration]);
    expect(rows).toEqual([{ id: keys.episode(1) }]);
  });

  it('keeps ids apart by source and by migration', async () => {
    const other = `other-${migration}`;
    await startMigrationOf(db, other);
    const event = { id: 'evt-a', time: 1_000 };
    const answers = await store([
      paid(1, event),
      paid(1, { ...event, source: '/target/billing' }),
      { ...paid(1, event), migration: other },
    ]);
    expect(answers).toEqual(['stored', 'stored', 'stored']);
  });

  it('finds duplicates and reused ids inside one batch', async () => {
    const a = paid(1, { id: 'evt-a', time: 1_000 });
    const answers = await store([a, { ...a }, a, paid(2, { id: 'evt-a', time: 1_000 }), paid(3, { id: 'evt-b' })]);
    expect(answers).toEqual(['stored', 'duplicate', 'duplicate', 'reused', 'stored']);
    expect(await storedIds()).toEqual(['evt-a', 'evt-b']);
  });

  it('holds while eight senders send the same events at once, in orders of their own, for shared journeys', async () => {
    const events = Array.from({ length: 400 }, (_, index) =>
      paid(index % 37, { id: `evt-${index}`, time: 1_000 + index }),
    );
    const orders = Array.from({ length: 8 }, (_, sender) => (sender % 2 === 0 ? events : [...events].reverse()));
    const answers = (await Promise.all(orders.map((order) => store(order)))).flat();
    expect(answers.filter((answer) => answer === 'stored')).toHaveLength(400);
    expect(answers.filter((answer) => answer === 'duplicate')).toHaveLength(7 * 400);
    expect(await storedIds()).toHaveLength(400);
  });

  it.each([
    ['the same events', 'event_identity', (index: number) => ({ patient: index, id: `evt-${index}` })],
    [
      'events of the same journeys',
      'journey',
      (index: number, sender: number) => ({ patient: index, id: `evt-${sender}-${sender === 1 ? index : 9 - index}` }),
    ],
  ])(
    'lets two senders of %s in opposite orders wait for each other, never both at once',
    async (_senders, table, told) => {
      const batch = (sender: number) =>
        Array.from({ length: 9 }, (_item, index) => paid(index + 1, { time: 1_000, ...told(index + 1, sender) }));
      const holder = Database.connect({ url: database.url, applicationName: 'holder' });
      await store([paid(5)]);
      const sending = await holder.transaction(async (connection) => {
        // The one in the middle is held, so that each sender has come half its way when it is let go.
        await connection.query(
          table === 'journey'
            ? 'SELECT FROM journey WHERE migration = $1 FOR UPDATE'
            : `INSERT INTO event_identity (migration, source, id, content_hash, seq) VALUES ($1, '/legacy/billing', 'evt-5', 'held', 0)`,
          [migration],
        );
        const answers = [store(batch(1)), store(batch(2).reverse())];
        await untilSomebodyWaits(holder, 2);
        if (table === 'event_identity')
          await connection.query('DELETE FROM event_identity WHERE migration = $1 AND seq = 0', [migration]);
        return { answers };
      });
      const answers = (await Promise.all(sending.answers)).flat();
      expect(answers.filter((answer) => answer === 'stored')).toHaveLength(table === 'journey' ? 18 : 9);
      await holder.close();
    },
  );

  it('is answered only after it is committed: while a sender is held up, nothing of it is to be seen', async () => {
    await store([paid(1, { id: 'evt-a' })]);
    const holder = Database.connect({ url: database.url, applicationName: 'holder' });
    let answered: string[] | undefined;
    const sending = await holder.transaction(async (connection) => {
      await connection.query('SELECT FROM journey WHERE migration = $1 FOR UPDATE', [migration]);
      const sent = store([paid(1, { id: 'evt-b' }), paid(2, { id: 'evt-c' })]).then((answers) => {
        answered = answers;
      });
      await untilSomebodyWaits(holder);
      expect(answered).toBeUndefined();
      expect(await storedIds()).toEqual(['evt-a']);
      return { sent };
    });
    await sending.sent;
    expect(answered).toEqual(['stored', 'stored']);
    expect(await storedIds()).toEqual(['evt-a', 'evt-b', 'evt-c']);
    await holder.close();
  });

  it('stores nothing where its connection dies in the middle, and everything when it is sent again', async () => {
    await store([paid(1, { id: 'evt-a' })]);
    const events = [paid(1, { id: 'evt-b' }), paid(2, { id: 'evt-c' })];
    const holder = Database.connect({ url: database.url, applicationName: 'holder' });
    await holder.transaction(async (connection) => {
      await connection.query('SELECT FROM journey WHERE migration = $1 FOR UPDATE', [migration]);
      const failed = expect(store(events)).rejects.toThrow();
      await untilSomebodyWaits(holder);
      await holder.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      await failed;
    });
    expect(await storedIds()).toEqual(['evt-a']);
    expect(await store(events)).toEqual(['stored', 'stored']);
    await holder.close();
  });
});

describe('what is stored of an event', () => {
  interface Row {
    time: Date;
    matchedAt: Date;
    receivedAt: Date;
  }
  async function storeOne(event: EventToStore): Promise<Row> {
    await storeEvents(db, [event]);
    const { rows } = await db.query<Row>(
      'SELECT time, matched_at AS "matchedAt", received_at AS "receivedAt" FROM event WHERE migration = $1 AND id = $2',
      [event.migration, event.id],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('not stored');
    return row;
  }

  it('is its time, by which it is matched unless it came later than the lateness', async () => {
    const recent = Date.now() - 30_000;
    const inTime = await storeOne(paid(1, { time: recent }));
    expect(inTime.matchedAt.getTime()).toBe(recent);
    const late = await storeOne(paid(1, { time: recent - 3_600_000 }));
    expect(late.time.getTime()).toBe(recent - 3_600_000);
    expect(late.receivedAt.getTime() - late.matchedAt.getTime()).toBe(60_000);
  });

  it("is matched by its migration's own, compressed lateness", async () => {
    const compressed = `compressed-${migration}`;
    await startMigrationOf(db, compressed, COMPRESSED);
    const told = { patient: 1, type: 'payment.succeeded', time: Date.now() - 3_600_000 };
    const late = await storeOne({ ...eventToStore(compressed, told, COMPRESSED) });
    expect(late.receivedAt.getTime() - late.matchedAt.getTime()).toBe(10);
  });

  it('is the moment it was received where its sender did not say when it happened', async () => {
    const row = await storeOne(paid(1, { time: null }));
    expect(row.time).toEqual(row.receivedAt);
  });

  it('is received when its journey is free: after whatever was made final of that journey before (I6)', async () => {
    await storeEvents(db, [paid(1)]);
    const holder = Database.connect({ url: database.url, applicationName: 'holder' });
    const matching = await holder.transaction(async (connection) => {
      await connection.query('SELECT FROM journey WHERE migration = $1 FOR UPDATE', [migration]);
      const waiting = storeOne(paid(1, { time: Date.now() - 3_600_000 }));
      await untilSomebodyWaits(holder);
      const { rows } = await connection.query<{ now: Date }>('SELECT clock_timestamp() AS now');
      return { waiting, endsAt: rows[0]?.now };
    });
    const row = await matching.waiting;
    expect(row.receivedAt.getTime()).toBeGreaterThanOrEqual(matching.endsAt?.getTime() ?? Infinity);
    expect(row.matchedAt.getTime()).toBe(row.receivedAt.getTime() - 60_000);
    await holder.close();
  });

  it('makes its journey due at once, and widens the time that the journey spans', async () => {
    const now = Date.now();
    await storeEvents(db, [paid(1, { time: now - 5_000 }), paid(1, { time: now - 9_000 })]);
    await storeEvents(db, [paid(1, { time: now - 1_000 }), paid(1, { time: now - 8_000 })]);
    const { rows } = await db.query<{ firstAt: Date; lastAt: Date; due: boolean; subject: string }>(
      'SELECT first_at AS "firstAt", last_at AS "lastAt", due_at <= clock_timestamp() AS due, subject FROM journey WHERE migration = $1',
      [migration],
    );
    expect(rows).toEqual([
      { firstAt: new Date(now - 9_000), lastAt: new Date(now - 1_000), due: true, subject: keys.patient(1) },
    ]);
  });

  it('counts as pending until a matcher has looked', async () => {
    await storeEvents(db, [paid(1), paid(2)]);
    expect(await countEvents(db, migration)).toEqual({ stored: 2, matched: 0, unlistened: 0, pending: 2 });
  });
});

async function untilSomebodyWaits(connection: Database, howMany = 1): Promise<void> {
  await until('a sender waits for a lock', async () => {
    const { rows } = await connection.query(
      `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    return rows.length >= howMany;
  });
}

describe('the units that a journey names', () => {
  async function named(): Promise<string[]> {
    const { rows } = await db.query<{ unit: string }>(
      'SELECT unit FROM journey_unit WHERE migration = $1 AND journey = $2 ORDER BY unit',
      [migration, keys.episode(1)],
    );
    return rows.map(({ unit }) => unit);
  }

  it('are written down once, whichever event names them', async () => {
    const units = paid(1).units;
    await storeEvents(db, [paid(1), { ...paid(1), units: { ...units, login: 'log_1' } }]);
    await storeEvents(db, [paid(1), { ...paid(1), units: { ...units, login: 'log_1', visitor: 'vis_1' } }]);
    const patient = keys.patient(1);
    expect(await named()).toEqual([...new Set([patient, 'log_1', 'vis_1', units.subscription ?? patient])].sort());
  });

  it('are those of every patient whom an event of it is of, and not only of its first', async () => {
    const of = (patient: number) => ({
      ...paid(1),
      subject: keys.patient(patient),
      units: { episode: keys.episode(1), patient: keys.patient(patient) },
    });
    await storeEvents(db, [of(1)]);
    await storeEvents(db, [of(2), of(1)]);
    await storeEvents(db, [of(2)]);
    expect(await named()).toEqual([keys.patient(1), keys.patient(2)].sort());
  });

  it('are written down by the database for a process of the release before', async () => {
    const { units } = paid(1);
    await db.query(
      `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at)
       VALUES ($1, '/legacy/billing', 'evt-before', 'payment.succeeded', $2, $3, $4, now(), 0, now(), '{}', now())`,
      [migration, keys.episode(1), keys.patient(1), JSON.stringify(units)],
    );
    expect(await named()).toContain(keys.patient(1));
  });
});
