import { DomainError } from '../../domain/domain-error';
import type { Actor } from '../../domain/phase/actor';
import { hasEnded } from '../../domain/phase/cohort-run';
import type { CommandAnswer } from '../../domain/phase/commands';
import { describeFailure } from '../../platform/describe-failure';
import type { Logger } from '../../platform/logger';
import { appendAudit } from '../../store/audit';
import { awaitTakenOver } from '../../store/api-processes';
import { cohortRunsOf } from '../../store/cohort-runs';
import type { Database } from '../../store/database';
import { holdMigration } from '../../store/migration-holds';
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
  /**
   * Parts that could not be done, or not be looked at, past which the others went on: which migrations are live, whether every split is
   * at zero, the rows of the audit log that say who asked. Repeat the call.
   */
  unsure: StopAllPart[];
}

export type StopAllPart = 'migrations' | 'splits' | 'audit';

export interface StoppedMigration {
  migration: string;
  /** Whether it is held in Postgres: then no split of it rises until people let it go on, whatever else failed. */
  held: boolean;
  /**
   * `paused`: it waits for people. `underWay`: a worker has begun. `signalled`: every worker is away, the first that comes back
   * pauses it. `notTold`: Temporal does not take it, or it has no workflow; where it is held, a worker tells it as soon as Temporal answers.
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
 * Stops every live migration. First in Postgres, where sides are decided: each is held, so that nothing of it rises any more, then every
 * open split goes to zero. So nobody new goes to target whatever became of Temporal and of the workers. Then each is told to pause. Every
 * part goes on past the failure of another. Repeated, it holds what is held and lowers what is left.
 * @throws only where Postgres did nothing of it at all
 */
export async function stopAll(
  parts: StopAllParts,
  { actor, reason }: { actor: Actor; reason?: string | undefined },
): Promise<StopAllAnswer> {
  return new Stop(parts, actor, reason === undefined ? {} : { reason }).run();
}

class Stop {
  private readonly answer: StopAllAnswer = { lowered: [], failed: [], migrations: [], unsure: [] };

  constructor(
    private readonly parts: StopAllParts,
    private readonly actor: Actor,
    private readonly why: { reason?: string },
  ) {}

  async run(): Promise<StopAllAnswer> {
    const [live, unread] = await settled(liveMigrations(this.parts.db));
    if (unread !== undefined) this.notDone('migrations', unread);
    const holds = await Promise.all((live ?? []).map((record) => this.hold(record)));
    const unlowered = await this.lower();
    if (unread !== undefined && unlowered !== undefined) throw unlowered;
    this.answer.migrations = await Promise.all(
      (live ?? []).map(async (record, index) => {
        const [, unwritten] = await settled(this.write(record));
        if (unwritten !== undefined) this.notDone('audit', unwritten);
        return this.pause(record, holds[index]);
      }),
    );
    // What could not be reached the first time, and whatever rose where a migration could not be held.
    await this.lower();
    return this.answer;
  }

  /** Its number; undefined where it could not be held. */
  private async hold({ id }: MigrationRecord): Promise<number | undefined> {
    const { db, logger } = this.parts;
    const [number, error] = await settled(holdMigration(db, { migration: id, actor: this.actor, ...this.why }));
    if (error !== undefined) logger.error({ migration: id, failure: describeFailure(error) }, 'not held');
    return number;
  }

  /** Gives why the splits could not even be listed. */
  private async lower(): Promise<Error | undefined> {
    const { db, logger } = this.parts;
    const [stopped, error] = await settled(
      lowerAllOpenSplits(db, { cause: 'stopped', actor: this.actor.id, ...this.why }),
    );
    if (stopped === undefined) {
      this.notDone('splits', error);
      return error;
    }
    // The last look is the one that counts.
    this.answer.unsure = this.answer.unsure.filter((part) => part !== 'splits');
    for (const { migration, phase, cohort, epoch } of stopped.lowered) {
      this.answer.lowered.push({ migration, phase, cohort, epoch });
    }
    this.answer.failed = stopped.failed.map(({ migration, phase, cohort }) => ({ migration, phase, cohort }));
    for (const { error: failure, ...key } of stopped.failed) {
      logger.error({ ...key, failure: describeFailure(failure) }, 'not lowered');
    }
    // I2: only then does no process answer as of before.
    const [, behind] = await settled(awaitTakenOver(db));
    if (behind !== undefined) this.notDone('splits', behind);
    return undefined;
  }

  private async write({ id, planHash }: MigrationRecord): Promise<void> {
    const { id: actor, verified } = this.actor;
    await appendAudit(this.parts.db, { migration: id, planHash, actor, verified, action: 'stopAll', ...this.why });
  }

  private async pause({ id }: MigrationRecord, hold: number | undefined): Promise<StoppedMigration> {
    const { temporal, logger } = this.parts;
    const of = { migration: id, held: hold !== undefined };
    const command = { actor: this.actor, ...this.why, ...(hold !== undefined && { hold }) };
    try {
      const outcome = await sendCommand(temporal, { migration: id, name: 'pause', command });
      if (outcome.kind === 'done') return { ...of, outcome: 'paused', cohorts: outcome.answer.cohorts };
      if (outcome.kind === 'signalled') await this.leaveWithPhases(id);
      const detail =
        outcome.kind === 'signalled'
          ? 'No worker answers. The first that comes back pauses it; nobody new goes to target until people let it go on.'
          : "A worker has taken the pause up. Follow it with 'handoff status --watch'.";
      return { ...of, outcome: outcome.kind, cohorts: [], detail };
    } catch (error) {
      logger.error({ migration: id, failure: describeFailure(error) }, 'not paused');
      const refusal = error instanceof DomainError ? error.message : 'Temporal did not take the pause.';
      const next = of.held ? 'A worker tells it as soon as Temporal answers.' : 'Repeat the command.';
      return { ...of, outcome: 'notTold', cohorts: [], detail: `It was not told: ${refusal} ${next}` };
    }
  }

  /** Whichever workflow the first worker takes up, it is told. The migration has its signal already: what fails here is told by it. */
  private async leaveWithPhases(migration: string): Promise<void> {
    const { db, temporal, logger } = this.parts;
    const command = { actor: this.actor, ...this.why };
    const [runs = [], unread] = await settled(cohortRunsOf(db, migration));
    if (unread !== undefined) logger.error({ migration, failure: describeFailure(unread) }, 'phases not told');
    for (const phase of new Set(runs.filter(({ run }) => !hasEnded(run)).map((row) => row.phase))) {
      const [, error] = await settled(leaveCommand(temporal, { migration, phase, name: 'pause', command }));
      if (error === undefined || error instanceof PhaseNotUnderWay || error instanceof MigrationNotUnderWay) continue;
      logger.error({ migration, phase, failure: describeFailure(error) }, 'phase not told');
    }
  }

  private notDone(part: StopAllPart, error: unknown): void {
    if (!this.answer.unsure.includes(part)) this.answer.unsure.push(part);
    this.parts.logger.error({ part, failure: describeFailure(error) }, 'a part of the stop failed; the others go on');
  }
}

/** What came of it: a value, or an error; never both. */
async function settled<Value>(work: Promise<Value>): Promise<[Value, undefined] | [undefined, Error]> {
  try {
    return [await work, undefined];
  } catch (error) {
    return [undefined, error instanceof Error ? error : new Error('A value was thrown that is no error.')];
  }
}
