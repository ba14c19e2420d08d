import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Database } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { countOutcomes } from '../../../store/handoffs';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore } from './test-stack';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

/** Seconds in which it all happens: far less than the lateness, so that no arrival is too late. */
const HORIZON = 20;

const happenings = fc.array(
  fc.record({
    patient: fc.nat(2),
    type: fc.constantFrom('payment.succeeded', 'review.assigned', 'payment.refunded', 'message.delivered'),
    second: fc.nat(HORIZON),
    sequence: fc.nat(1),
    arrival: fc.nat(1_000),
    sweepAfter: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

async function written(migration: string): Promise<unknown> {
  const { rows } = await db.query(
    `SELECT handoff, journey, ordinal, subject, started_at, deadline_at, outcome, ended_at, final, recovered_at, repeated
       FROM handoff_occurrence WHERE migration = $1 ORDER BY handoff, journey, ordinal`,
    [migration],
  );
  const { rows: causes } = await db.query(
    `SELECT e.queue, e.journey, o.handoff, o.ordinal FROM exception e
       JOIN LATERAL (SELECT e.cause UNION ALL SELECT c.cause FROM exception_cause c WHERE c.exception = e.id) each ON true
       JOIN handoff_occurrence o ON each.cause = 'handoff:' || o.id
      WHERE e.migration = $1 ORDER BY e.queue, e.journey, o.ordinal`,
    [migration],
  );
  return { rows, causes, outcomes: await countOutcomes(db, migration) };
}

describe('handoffs in Postgres, in any order of arrival (I6)', () => {
  it('come out the same, whenever a sweeper looked while they arrived', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (list) => {
        const start = Date.now() - (HORIZON + 5) * 1_000;
        const inOrder = `facts-${randomUUID()}`;
        const asItCame = `facts-${randomUUID()}`;
        await startMigrationOf(db, inOrder);
        await startMigrationOf(db, asItCame);
        const told = (migration: string) =>
          list.map(({ patient, type, second, sequence }, index) =>
            eventToStore(migration, { patient, type, sequence, time: start + second * 1_000, id: `evt-${index}` }),
          );
        await storeEvents(db, told(inOrder));
        const arriving = told(asItCame)
          .map((event, index) => ({ event, ...list[index] }))
          .sort((a, b) => (a.arrival ?? 0) - (b.arrival ?? 0));
        for (const { event, sweepAfter } of arriving) {
          await storeEvents(db, [event]);
          if (sweepAfter === true) await sweepAllDue(db);
        }
        await sweepAllDue(db);
        expect(await written(asItCame)).toEqual(await written(inOrder));
        // And when everything is final.
        await letTimePass(db, inOrder, 3_600_000);
        await letTimePass(db, asItCame, 3_600_000);
        await sweepAllDue(db);
        expect(await written(asItCame)).toEqual(await written(inOrder));
      }),
      { numRuns: 15 },
    );
  });
});
