import type { Database } from '../../store/database';
import { storable } from '../../domain/phase/storable-text';
import { appendAudit } from '../../store/audit';
import { saveCohortRun } from '../../store/cohort-runs';
import type { PhaseActivities } from '../phase-activities';

/**
 * Writes down what the engine decided: where the cohort stands and the audit rows of it, in one transaction (I13). The records of a
 * cohort are written in order, so one that Postgres refuses would keep back all that follow: its text is made storable first.
 */
export function recordActivities(db: Database): Pick<PhaseActivities, 'recordTransition'> {
  return {
    async recordTransition(transition) {
      const { migration, phase, planHash, onceKey, run, recorded } = storable(transition);
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
