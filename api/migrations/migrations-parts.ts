import type { Logger } from '../../platform/logger';
import type { Database } from '../../store/database';
import type { Actors } from '../actors';
import type { PlanThread } from '../plans/plan-thread';
import type { TemporalLink } from '../temporal-link';

/** What the routes of migrations need. */
export interface MigrationsParts {
  db: Database;
  temporal: TemporalLink;
  actors: Actors;
  logger: Logger;
  /** Judges the plans that are sent. */
  planThread: PlanThread;
  /** Compressed time is refused there. */
  production: boolean;
}
