import { systemClock } from '../../../platform/system-clock';
import type { Database } from '../../../store/database';
import { JourneySweeper } from '../../../store/journey-sweeper';
import { MigrationPlans } from '../../../store/migration-plans';
import { addReport, nothingSwept, type SweepReport } from '../../../store/sweep-report';

/** Sweeps until no journey is due. */
export async function sweepAllDue(db: Database, atOnce = 50): Promise<SweepReport> {
  const sweeper = new JourneySweeper(db, new MigrationPlans(systemClock));
  const total = nothingSwept();
  for (;;) {
    const report = await sweeper.sweep(atOnce);
    addReport(total, report);
    if (report.journeys + report.failed === 0) return total;
  }
}
