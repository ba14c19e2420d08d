import type { Logger } from '../../platform/logger';
import type { Database } from '../../store/database';
import type { Actors } from '../actors';
import type { TemporalLink } from '../temporal-link';

/** What the routes of migrations need. */
export interface MigrationsParts {
  db: Database;
  temporal: TemporalLink;
  actors: Actors;
  logger: Logger;
  /** Compressed time is refused there. */
  production: boolean;
}
