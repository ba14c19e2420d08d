import { randomUUID } from 'node:crypto';
import type { Database } from '../../../store/database';
import { EventWriter } from '../../../store/event-writer';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startMigrationOf } from './facts-plan';
import { eventToStore } from './test-stack';

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

const paid = (patient: number, more = {}) => eventToStore(migration, { patient, type: 'payment.succeeded', ...more });

describe('events of many senders', () => {
  it('share transactions, and each sender hears what became of its own (I5)', async () => {
    const writer = new EventWriter(db);
    const twice = paid(1, { id: 'evt-twice' });
    const answers = await Promise.all([
      ...Array.from({ length: 100 }, (_, patient) => writer.store([paid(patient)])),
      writer.store([twice, paid(2)]),
      writer.store([twice]),
      writer.store([{ ...twice, contentHash: 'other' }, paid(3)]),
      writer.store([]),
    ]);
    expect(answers.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => ['stored']));
    expect(answers.slice(100)).toEqual([['stored', 'stored'], ['duplicate'], ['reused', 'stored'], []]);
    const { rows } = await db.query<{ events: number; transactions: number }>(
      `SELECT count(*)::int AS events, count(DISTINCT xmin::text)::int AS transactions FROM event WHERE migration = $1`,
      [migration],
    );
    expect(rows[0]?.events).toBe(103);
    expect(rows[0]?.transactions).toBeLessThan(20);
  });

  it('fail alone where one of them cannot be stored', async () => {
    const writer = new EventWriter(db);
    const impossible = { ...paid(1), time: 1e17 };
    const answers = await Promise.allSettled([
      writer.store([paid(1)]),
      writer.store([paid(2)]),
      writer.store([paid(3), impossible]),
      writer.store([paid(4)]),
      writer.store([paid(5)]),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    const { rows } = await db.query('SELECT DISTINCT subject FROM event WHERE migration = $1', [migration]);
    expect(rows).toHaveLength(4);
    expect(await writer.store([paid(6)])).toEqual(['stored']);
  });
});
