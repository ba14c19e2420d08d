import { HandoffMetricSource } from '../../../activities/gates/handoff-metric-source';
import { Database, type Queryable } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { writeOccurrences } from '../../../store/occurrence-rows';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import {
  CONFORMANCE_QUERY,
  itBehavesLikeAMetricSource,
  type RecordedOutcome,
  type RunningSource,
} from './metric-source-conformance';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore } from './test-stack';

let journeys = 0;

async function record(db: Database, outcomes: readonly RecordedOutcome[]): Promise<void> {
  const startedAt = Date.now() - 3_600_000;
  const rows = outcomes.flatMap(({ side, outcome, epoch, count = 1, ...where }) =>
    Array.from({ length: count }, () => {
      journeys += 1;
      const { migration, phase, cohort, handoff } = { ...CONFORMANCE_QUERY, ...where };
      return {
        ...{
          migration,
          phase,
          cohort,
          handoff,
          side,
          journey: `ep_${journeys}`,
          subject: `pat_${journeys}`,
          ordinal: 0,
        },
        epoch: String(epoch),
        startedAt,
        deadlineAt: startedAt + 600_000,
        outcome: outcome === 'open' ? null : outcome,
        endedAt: outcome === 'open' ? null : startedAt + 1_000,
        final: outcome !== 'open',
        recoveredAt: null,
        repeated: 0,
      };
    }),
  );
  await writeOccurrences(db, rows);
}

async function start(): Promise<RunningSource> {
  const database: TestDatabase = await createTestDatabase();
  const reader = Database.connect({ url: database.url, applicationName: 'metric-source' });
  let away = false;
  const takeAway = async (): Promise<void> => {
    if (!away) await reader.close();
    away = true;
  };
  return {
    source: new HandoffMetricSource(reader),
    record: (outcomes) => record(database.db, outcomes),
    takeAway,
    stop: async () => {
      await takeAway();
      await database.drop();
    },
  };
}

describe('the outcomes of handoffs as a metric source', () => {
  itBehavesLikeAMetricSource(start);

  it('answers an error while matching lags behind: old outcomes could hide a failure that has begun', async () => {
    const database = await createTestDatabase();
    try {
      const { db } = database;
      const source = new HandoffMetricSource(db);
      await startMigrationOf(db, 'facts');
      await record(db, [{ side: 'target', outcome: 'kept', epoch: 5, count: 50 }]);
      await storeEvents(db, [eventToStore('facts', { patient: 1, type: 'payment.succeeded' })]);
      expect(await source.read(CONFORMANCE_QUERY)).toMatchObject({ kind: 'reading' });
      await letTimePass(db, 'facts', 31_000);
      const answer = await source.read(CONFORMANCE_QUERY);
      expect(answer).toMatchObject({ kind: 'sourceError', message: expect.stringContaining('late') as string });
      await sweepAllDue(db);
      expect(await source.read(CONFORMANCE_QUERY)).toMatchObject({ kind: 'reading' });
    } finally {
      await database.drop();
    }
  });

  it('reads its counts from an index, however many outcomes there are', async () => {
    const database = await createTestDatabase();
    try {
      const { db } = database;
      await db.query(
        `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, epoch, started_at,
                                         deadline_at, outcome, ended_at, final, finalized_at)
         SELECT 'facts', $1, 'ep_' || n, 0, 'pat_' || n, 'payment', 'cohort-' || n % 50, 'legacy', 5, now(), now(), 'kept', now(), true, now()
           FROM generate_series(1, 50000) n`,
        [CONFORMANCE_QUERY.handoff],
      );
      await db.query('ANALYZE handoff_occurrence');
      const asked: [string, readonly unknown[]][] = [];
      const recording: Queryable = {
        query: (sql, values = []) => {
          asked.push([sql, values]);
          return db.query(sql, values);
        },
      };
      await new HandoffMetricSource(recording).read({ ...CONFORMANCE_QUERY, cohort: 'cohort-7' });
      expect(asked.length).toBeGreaterThan(0);
      for (const [sql, values] of asked) {
        const { rows } = await db.query(`EXPLAIN ${sql}`, values);
        expect(JSON.stringify(rows)).not.toContain('Seq Scan on handoff_occurrence');
      }
    } finally {
      await database.drop();
    }
  });
});
