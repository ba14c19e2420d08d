import { DomainError } from '../../domain/domain-error';
import { type PlanPhase, planSchema } from '../../domain/plan/plan-schema';
import type { Queryable } from '../../store/database';
import { getMigration, type MigrationRecord } from '../../store/migration-records';
import { getPlan } from '../../store/plans';

export class UnknownMigration extends DomainError {
  readonly code = 'unknown-migration';
  readonly status = 404;
  constructor() {
    super("No migration has this id. 'GET /v1/migrations' and 'handoff status' list those there are.");
  }
}

export class UnknownPhase extends DomainError {
  readonly code = 'unknown-phase';
  readonly status = 404;
  constructor(phases: readonly PlanPhase[]) {
    super(`This migration's plan has no such phase. It has: ${phases.map(({ id }) => id).join(', ')}.`);
  }
}

export class UnknownCohort extends DomainError {
  readonly code = 'unknown-cohort';
  readonly status = 404;
  constructor({ cohorts }: PlanPhase) {
    super(`This phase has no such cohort. It has: ${cohorts.map(({ id }) => id).join(', ')}.`);
  }
}

/** @throws UnknownMigration */
export async function findMigration(db: Queryable, id: string): Promise<MigrationRecord> {
  // Whatever no migration can be called never reaches the database.
  const record = planSchema.shape.migration.safeParse(id).success ? await getMigration(db, id) : undefined;
  if (record === undefined) throw new UnknownMigration();
  return record;
}

/** A phase that a path names, and the cohort where one is named. @throws UnknownMigration, UnknownPhase, UnknownCohort */
export async function findPhase(
  db: Queryable,
  named: { migration: string; phase: string; cohort?: string },
): Promise<{ migration: MigrationRecord; phase: PlanPhase }> {
  const migration = await findMigration(db, named.migration);
  const plan = await getPlan(db, migration.planHash);
  if (plan === undefined) throw new Error('A migration names a plan that is not stored.');
  const phase = plan.phases.find(({ id }) => id === named.phase);
  if (phase === undefined) throw new UnknownPhase(plan.phases);
  if (named.cohort !== undefined && !phase.cohorts.some(({ id }) => id === named.cohort))
    throw new UnknownCohort(phase);
  return { migration, phase };
}
