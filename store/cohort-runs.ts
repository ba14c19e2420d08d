import type { CohortRun } from '../domain/phase/cohort-run';
import type { Queryable } from './database';

export interface CohortRunKey {
  migration: string;
  phase: string;
}

/** Writes down where a cohort stands; an older revision never overwrites a newer one (a retried activity may come late). */
export async function saveCohortRun(connection: Queryable, key: CohortRunKey, run: CohortRun): Promise<void> {
  await connection.query(
    `INSERT INTO cohort_run (migration, phase, cohort, revision, run) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (migration, phase, cohort) DO UPDATE
       SET revision = EXCLUDED.revision, run = EXCLUDED.run, changed_at = clock_timestamp()
       WHERE cohort_run.revision < EXCLUDED.revision`,
    [key.migration, key.phase, run.cohort, run.revision, JSON.stringify(run)],
  );
}

/** Every cohort of a migration, by phase. */
export async function cohortRunsOf(
  connection: Queryable,
  migration: string,
): Promise<{ phase: string; run: CohortRun }[]> {
  const { rows } = await connection.query<{ phase: string; run: CohortRun }>(
    `SELECT phase, run FROM cohort_run WHERE migration = $1 ORDER BY phase, cohort`,
    [migration],
  );
  return rows;
}
