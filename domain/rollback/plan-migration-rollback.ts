import type { CohortStatus } from '../phase/cohort-run';
import type { MigrationRollbackAction } from './rollback-action';

/** One phase of a migration, in the plan's order. */
export interface PhaseFacts {
  phase: string;
  /** Empty where the phase has not begun. */
  cohorts: { cohort: string; status: CohortStatus }[];
  /** Units that are on target in this phase now. */
  onTarget: number;
}

/**
 * What a rollback of the migration does besides rolling back the phase under way: what does not start, and what it cannot take back.
 * The preview and the execution both ask here (I12).
 */
export function planMigrationRollback(phases: readonly PhaseFacts[]): MigrationRollbackAction[] {
  const waiting = phases.filter(({ cohorts }) => cohorts.length === 0).map(({ phase }) => phase);
  const committed = phases.flatMap(({ phase, cohorts, onTarget }): MigrationRollbackAction[] => {
    const past = cohorts.filter(({ status }) => status === 'committed').map(({ cohort }) => cohort);
    return past.length === 0 ? [] : [{ kind: 'cannotReverse', phase, cohorts: past, people: onTarget }];
  });
  return [{ kind: 'holdMigration', phases: waiting }, ...committed];
}
