import { hasEnded } from '../../domain/phase/cohort-run';
import type { MigrationRollbackAction } from '../../domain/rollback/rollback-action';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Queryable } from '../../store/database';
import { PlanReader } from '../plan-reader';
import { previewRollback, type RollbackPreview } from './preview-rollback';
import { planMigrationFromFacts } from './rollback-facts';

export interface MigrationRollbackPreview {
  scope: 'migration';
  /** The phase under way; none between two phases. */
  phases: ({ phase: string } & Omit<RollbackPreview, 'scope'>)[];
  /** What is done besides, and what cannot be taken back. */
  actions: MigrationRollbackAction[];
}

/** What a rollback of the migration would do now, without doing it. The planners that would carry it out are asked (I12). */
export async function previewMigrationRollback(db: Queryable, migration: string): Promise<MigrationRollbackPreview> {
  const runs = await cohortRunsOf(db, migration);
  const underWay = new Set(runs.filter(({ run }) => !hasEnded(run)).map(({ phase }) => phase));
  const preview: MigrationRollbackPreview = { scope: 'migration', phases: [], actions: [] };
  for (const phase of underWay) {
    const { cohorts, untouched } = await previewRollback(db, { migration, phase, scope: 'migration' });
    preview.phases.push({ phase, cohorts, untouched });
  }
  preview.actions = await planMigrationFromFacts(db, new PlanReader(db), migration);
  return preview;
}
