import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordActivities } from '../../../activities/record/record-activities';
import { newCohortRun } from '../../../domain/phase/cohort-run';
import { loadPlan } from '../../../domain/plan/load-plan';
import { cohortRunsOf } from '../../../store/cohort-runs';
import { createMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { createTestDatabase, type TestDatabase } from '../../setup/test-database';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('I13 what happened is written down, whatever text is in it', async () => {
  const { db } = database;
  const because = { code: 'command', message: 'a\u0000b\ud83d' } as const;
  const { plan, hash } = loadPlan(
    readFileSync(join(__dirname, '..', '..', 'fixtures', 'plans', 'payment.yaml'), 'utf8'),
  );
  await savePlan(db, { hash, plan, source: '' });
  await createMigration(db, { id: 'spring-move', planHash: hash, salt: 's', timeScale: 1, startedBy: 'starter' });
  await recordActivities(db).recordTransition({
    migration: 'spring-move',
    phase: 'payment',
    planHash: hash,
    onceKey: 'payment/everyone/1',
    run: { ...newCohortRun('everyone', '2026-03-02T09:00:00.000Z'), status: 'paused', because },
    recorded: [
      {
        action: 'paused',
        actor: 'engineer-1',
        verified: true,
        reason: 'c\u0000d',
        evidence: { failures: ['\udc4de\u0000'] },
      },
    ],
  });
  const { rows } = await db.query('SELECT action, reason, evidence FROM audit');
  expect(rows).toEqual([{ action: 'paused', reason: 'cd', evidence: { failures: ['e'] } }]);
  const [row] = await cohortRunsOf(db, 'spring-move');
  expect(row?.run).toMatchObject({ status: 'paused', because: { message: 'ab' } });
});
