import type { Database } from '../../store/database';
import { appendAudit } from '../../store/audit';
import { saveCohortRun } from '../../store/cohort-runs';
import type { PhaseActivities } from '../phase-activities';

/** Writes down what the engine decided: where the cohort stands and the audit rows of it, in one transaction (I13). */
export function recordActivities(db: Database): Pick<PhaseActivities, 'recordTransition'> {
  return {
    async recordTransition({ migration, phase, planHash, onceKey, run, recorded }) {
      await db.transaction(async (connection) => {
        await saveCohortRun(connection, { migration, phase }, run);
        for (const [index, row] of recorded.entries()) {
          await appendAudit(connection, {
            migration,
            phase,
            cohort: run.cohort,
            planHash,
            onceKey: `${onceKey}/${index}`,
            ...row,
          });
        }
      });
    },
  };
}
