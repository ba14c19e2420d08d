import { dryRunPlan } from '../../../domain/plan/dry-run/dry-run-plan';
import { dryRunPage } from '../dry-run/dry-run-page';
import { markdownPage } from '../page/markdown-page';
import type { PlanPage } from './plan-page';

/** What happens on which day, of a migration that is begun then: its calendars count. */
export function dryRunPageFrom(start: Date): PlanPage {
  return {
    file: 'dry-run.md',
    title: 'Day by day',
    says: 'what happens on which day at the earliest, of a migration that is begun on a given day: calendars and holidays count, and so does how many arrive',
    write: ({ plan, hash }) => [
      { name: 'dry-run.md', text: markdownPage(dryRunPage({ hash, ...dryRunPlan(plan, start) })) },
    ],
  };
}
