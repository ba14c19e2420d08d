import { randomUUID } from 'node:crypto';
import { HandoffMetricSource } from '../../../activities/gates/handoff-metric-source';
import type { MetricQuery } from '../../../activities/gates/metric-source';
import { Database, type Queryable } from '../../../store/database';
import { storeEvents } from '../../../store/events';
import { writeOccurrences } from '../../../store/occurrence-rows';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';
import { startMigrationOf } from './facts-plan';
import { letTimePass } from './let-time-pass';
import {
  conformanceQuery,
  itBehavesLikeAMetricSource,
  type RecordedOutcome,
  type RunningSource,
} from './metric-source-conformance';
import { sweepAllDue } from './sweep-all-due';
import { eventToStore } from './test-stack';

let journeys = 0;
let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
});
afterAll(() => database.drop());

async function record(query: MetricQuery, outcomes: readonly RecordedOutcome[]): Promise<void> {
  const startedAt = Date.now() - 3_600_000;
  const rows = outcomes.flatMap(({ side, outcome, epoch, count = 1, ...where }) =>
    Array.from({ length: count }, () => {
      journeys += 1;
      const { migration, phase, cohort, handoff } = { ...query, ...where };
      return {
        ...{ migration, phase, cohort, handoff, side, toSide: side ?? 'legacy', ordinal: 0 },
        journey: `ep_${journeys}`,
        subject: `pat_${journeys}`,
        epoch: String(epoch),
        startedAt,
        deadlineAt: startedAt + 600_000,
        outcome: outcome === 'open' ? null : outcome,
        endedAt: outcome === 'open' ? null : startedAt + 1_000,
        final: outcome !== 'open',
        recoveredAt: null,
        repeated: 0,
        ...{ pausedSince: null, secondEnds: 0, why: null, recoveredBy: null, maturesAt: null },
      };
    }),
  );
  await writeOccurrences(db, rows);
}

function start(): Promise<RunningSource> {
  const reader = Database.connect({ url: database.url, applicationName: 'metric-source' });
  const query = conformanceQuery(`facts-${randomUUID()}`);
  let away = false;
  const takeAway = async (): Promise<void> => {
    if (!away) await reader.close();
    away = true;
  };
  return Promise.resolve({
    source: new HandoffMetricSource(reader),
    query,
    record: (outcomes) => record(query, outcomes),
    takeAway,
    stop: takeAway,
  });
}

describe('the outcomes of handoffs as a metric source', () => {
  itBehavesLikeAMetricSource(start);

  it('answers an error while matching lags behind: old outcomes could hide a failure that has begun', async () => {
    const source = new HandoffMetricSource(db);
    const query = conformanceQuery(`facts-${randomUUID()}`);
    const { migration } = query;
    await startMigrationOf(db, migration);
    await record(query, [{ side: 'target', outcome: 'kept', epoch: 5, count: 50 }]);
    await storeEvents(db, [eventToStore(migration, { patient: 1, type: 'payment.succeeded' })]);
    expect(await source.read(query)).toMatchObject({ kind: 'reading' });
    await letTimePass(db, migration, 31_000);
    const answer = await source.read(query);
    expect(answer).toMatchObject({ kind: 'sourceError', message: expect.stringContaining('late') as string });
    await sweepAllDue(db);
    expect(await source.read(query)).toMatchObject({ kind: 'reading' });
  });

  it('reads its counts from an index, however many outcomes there are', async () => {
    const query = { ...conformanceQuery('crowded'), cohort: 'cohort-7' };
    await db.query(
      `INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, cohort, from_side, to_side, epoch, started_at,
                                       deadline_at, outcome, ended_at, final, finalized_at)
       SELECT $1, $2, 'ep_' || n, 0, 'pat_' || n, 'payment', 'cohort-' || n % 50, 'legacy', 'legacy', 5, now(), now(), 'kept', now(), true, now()
         FROM generate_series(1, 20000) n`,
      [query.migration, query.handoff],
    );
    await db.query('ANALYZE handoff_occurrence');
    const asked: [string, readonly unknown[]][] = [];
    const recording: Queryable = {
      query: (sql, values = []) => {
        asked.push([sql, values]);
        return db.query(sql, values);
      },
    };
    await new HandoffMetricSource(recording).read(query);
    expect(asked.length).toBeGreaterThan(0);
    for (const [sql, values] of asked) {
      const { rows } = await db.query(`EXPLAIN ${sql}`, values);
      expect(JSON.stringify(rows)).not.toContain('Seq Scan on handoff_occurrence');
    }
  });
});
