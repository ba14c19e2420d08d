import type { CrosswalkSecrets } from '../../platform/crosswalk-secrets';
import type { Logger } from '../../platform/logger';
import type { Database } from '../../store/database';
import type { MigrationPlan, MigrationPlans } from '../../store/migration-plans';
import type { Actors } from '../actors';
import { findMigration, UnknownMigration } from '../migrations/find-phase';

export interface CrosswalkParts {
  db: Database;
  actors: Actors;
  logger: Logger;
  plans: MigrationPlans;
  secrets: CrosswalkSecrets;
}

/** The migration that a path names, with its plan. @throws UnknownMigration */
export async function planOf(
  { db, plans }: Pick<CrosswalkParts, 'db' | 'plans'>,
  named: string,
): Promise<MigrationPlan> {
  const { id } = await findMigration(db, named);
  const migration = await plans.byId(db, id);
  if (migration === undefined) throw new UnknownMigration();
  return migration;
}
