import { systemClock } from '../../../platform/system-clock';
import type { Database } from '../../../store/database';
import { MigrationPlans } from '../../../store/migration-plans';
import { sweepDueJourneys } from '../../../store/sweep-journeys';
import { addReport, nothingSwept, type SweepReport } from '../../../store/sweep-report';

/** Sweeps until no journey is due. */
export async function sweepAllDue(db: Database, atOnce = 50): Promise<SweepReport> {
  const plans = new MigrationPlans(systemClock);
  const total = nothingSwept();
  for (;;) {
    const report = await sweepDueJourneys(db, plans, atOnce);
    addReport(total, report);
    total.postponed += report.postponed;
    total.failure ??= report.failure;
    if (report.journeys + report.postponed === 0) return total;
  }
}
