import type { RunbookTask } from './date-tasks';
import type { Assumption } from './list-assumptions';
import type { OnTargetByMonth } from './on-target';
import type { PhaseSchedule } from './schedule-phase';
import type { TimelineEntry } from './timeline';

/** What a plan will do and when, said from the plan alone: the earliest that each part may begin. Null where no date can be said. */
export interface DryRun extends OnTargetByMonth {
  migration: string;
  title: string | null;
  start: Date;
  /** The zone in which days are counted and shown: the calendar's by which the migration goes on. */
  timeZone: string;
  phases: PhaseSchedule[];
  ends: {
    /** When the last phase may be committed: everyone who arrives is on target, for good. */
    arrivals: Date | null;
    /** When the last of those who are here already may have moved; null where no wave moves anybody, too. */
    existing: Date | null;
    /** The later of both. */
    migration: Date | null;
  };
  tasks: RunbookTask[];
  timeline: TimelineEntry[];
  /** What the dates and numbers take for granted, and what they leave out because the plan does not say it. */
  assumptions: Assumption[];
  /** What is shown here and not carried out by this release: the findings WH8xx of lint. */
  notCarriedOut: { code: string; what: string }[];
}
