import type { PlanPhase } from '../../domain/plan/plan-schema';
import type { Queryable } from '../../store/database';
import type { MigrationPlan, MigrationPlans } from '../../store/migration-plans';
import { FlagAmbiguous, FlagNotFound } from './evaluation-failure';

/** A phase of a migration, as stacks ask for it. */
export interface PhaseFlag {
  /** As it was asked for. */
  key: string;
  migration: MigrationPlan;
  phase: PlanPhase;
}

/** `<migration>.<phase>`, or `<phase>` alone. No key of a patient, no address and no number can be written that way. */
const FLAG_KEY = /^(?:([a-z][a-z0-9-]{0,62})\.)?([a-z][A-Za-z0-9-]{0,62})$/;

/** Stands in answers for a flag key that is no flag key, since what was received is never repeated. */
const NO_FLAG_KEY = 'not-a-flag-key';

/** What an answer to a failed evaluation calls the flag: OFREP wants its key. */
export function echoedKey(key: unknown): string {
  return typeof key === 'string' && FLAG_KEY.test(key) ? key : NO_FLAG_KEY;
}

/**
 * The phase that a flag key names. A migration that has ended still answers by its full key: stacks may ask long after everyone is on
 * target. The bare phase works while exactly one live migration has it.
 * @throws FlagNotFound, FlagAmbiguous
 */
export async function findFlag(db: Queryable, plans: MigrationPlans, key: unknown): Promise<PhaseFlag> {
  const named = typeof key === 'string' ? FLAG_KEY.exec(key) : null;
  const [text, migrationId, phaseId] = named ?? [];
  if (text === undefined || phaseId === undefined) throw new FlagNotFound();
  const candidates = migrationId === undefined ? await plans.allLive(db) : [await plans.byId(db, migrationId)];
  const flags = candidates.flatMap((migration) => flagOf(text, migration, phaseId));
  const [flag] = flags;
  if (flag === undefined) throw new FlagNotFound();
  if (flags.length > 1) throw new FlagAmbiguous();
  return flag;
}

/** Every phase of every live migration, by its full key. */
export async function liveFlags(db: Queryable, plans: MigrationPlans): Promise<PhaseFlag[]> {
  const live = await plans.allLive(db);
  return live.flatMap((migration) =>
    migration.plan.phases.map((phase) => ({ key: `${migration.id}.${phase.id}`, migration, phase })),
  );
}

function flagOf(key: string, migration: MigrationPlan | undefined, phaseId: string): PhaseFlag[] {
  const phase = migration?.plan.phases.find(({ id }) => id === phaseId);
  return migration === undefined || phase === undefined ? [] : [{ key, migration, phase }];
}
