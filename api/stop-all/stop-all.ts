import { DomainError } from '../../domain/domain-error';
import type { Actor } from '../../domain/phase/actor';
import { hasEnded } from '../../domain/phase/cohort-run';
import type { CommandAnswer } from '../../domain/phase/commands';
import { describeFailure } from '../../platform/describe-failure';
import type { Logger } from '../../platform/logger';
import { appendAudit } from '../../store/audit';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Database } from '../../store/database';
import { liveMigrations, type MigrationRecord } from '../../store/migration-records';
import { lowerAllOpenSplits } from '../../store/splits';
import { leaveCommand, MigrationNotUnderWay, PhaseNotUnderWay, sendCommand } from '../migrations/send-command';
import type { TemporalLink } from '../temporal-link';

export interface StopAllAnswer {
  /** Splits that were brought to zero. Committed ones stay: going back from there is a reverse cutover. */
  lowered: { migration: string; phase: string; cohort: string; epoch: number }[];
  /** Splits that could not be reached in time. Repeat the call; unattended, they fall when their leases end. */
  failed: { migration: string; phase: string; cohort: string }[];
  migrations: StoppedMigration[];
}

export interface StoppedMigration {
  migration: string;
  /**
   * `paused`: it waits for people. `underWay`: a worker has begun. `signalled`: every worker is away, the first that comes back
   * pauses it. `notTold`: Temporal does not take it, or it has no workflow; its splits are down all the same.
   */
  outcome: 'paused' | 'underWay' | 'signalled' | 'notTold';
  cohorts: CommandAnswer['cohorts'];
  /** What to do, where it is not paused. */
  detail?: string;
}

export interface StopAllParts {
  db: Database;
  temporal: TemporalLink;
  logger: Logger;
}

/**
 * Stops every live migration: first in Postgres, where sides are decided, so that nobody new goes to target whatever became of
 * Temporal and of the workers; then each is told to pause, past failures. What rose in between is brought down at the end.
 */
export async function stopAll(
  { db, temporal, logger }: StopAllParts,
  { actor, reason }: { actor: Actor; reason?: string | undefined },
): Promise<StopAllAnswer> {
  const stop = { cause: 'stopped' as const, actor: actor.id, ...(reason !== undefined && { reason }) };
  const answer: StopAllAnswer = { lowered: [], failed: [], migrations: [] };
  const lower = async (): Promise<void> => {
    const { lowered, failed } = await lowerAllOpenSplits(db, stop);
    answer.lowered.push(...lowered.map(({ migration, phase, cohort, epoch }) => ({ migration, phase, cohort, epoch })));
    answer.failed = failed.map(({ migration, phase, cohort }) => ({ migration, phase, cohort }));
    for (const { error, ...key } of failed) logger.error({ ...key, failure: describeFailure(error) }, 'not lowered');
  };
  await lower();
  const live = await liveMigrations(db);
  for (const { id, planHash } of live) {
    await appendAudit(db, {
      ...{ migration: id, planHash, actor: actor.id, verified: actor.verified, action: 'stopAll' },
      ...(reason !== undefined && { reason }),
    });
  }
  answer.migrations = await Promise.all(live.map((record) => pause(record)));
  await lower();
  return answer;

  async function pause({ id }: MigrationRecord): Promise<StoppedMigration> {
    const command = { actor, ...(reason !== undefined && { reason }) };
    try {
      const outcome = await sendCommand(temporal, { migration: id, name: 'pause', command });
      if (outcome.kind === 'done') return { migration: id, outcome: 'paused', cohorts: outcome.answer.cohorts };
      if (outcome.kind === 'signalled') await leaveWithPhases(id, command);
      const detail =
        outcome.kind === 'signalled'
          ? 'No worker answers. The first that comes back pauses it; nobody new goes to target until people let it go on.'
          : "A worker has taken the pause up. Follow it with 'handoff status --watch'.";
      return { migration: id, outcome: outcome.kind, cohorts: [], detail };
    } catch (error) {
      logger.error({ migration: id, failure: describeFailure(error) }, 'not paused');
      const detail = error instanceof DomainError ? error.message : "Repeat it, and look at 'handoff status'.";
      return { migration: id, outcome: 'notTold', cohorts: [], detail };
    }
  }

  /** Whichever workflow the first worker takes up, it is told. */
  async function leaveWithPhases(migration: string, command: { actor: Actor; reason?: string }): Promise<void> {
    const runs = await cohortRunsOf(db, migration);
    for (const phase of new Set(runs.filter(({ run }) => !hasEnded(run)).map((row) => row.phase))) {
      await leaveCommand(temporal, { migration, phase, name: 'pause', command }).catch((error: unknown) => {
        if (!(error instanceof PhaseNotUnderWay) && !(error instanceof MigrationNotUnderWay)) throw error;
      });
    }
  }
}
