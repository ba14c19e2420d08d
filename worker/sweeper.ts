import type { Milliseconds } from '../domain/time/duration';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import { systemClock } from '../platform/system-clock';
import type { Database } from '../store/database';
import { tidySides } from '../store/api-processes';
import { foldCaseFlow } from '../store/case-flow';
import { closeUnitsByTime } from '../store/close-by-time';
import { JourneySweeper } from '../store/journey-sweeper';
import { MigrationPlans } from '../store/migration-plans';
import { replayUnlinked, type ReplayReport } from '../store/replay-unlinked';
import { lapseExpiredSplits } from '../store/splits';
import { judgeTickets } from '../store/tickets';
import type { SweepReport } from '../store/sweep-report';
import { BACKLOG, LEAST, SweepPace } from './sweep-pace';
import { repeatUntilStopped, type Repeating } from './repeat-until-stopped';

/** Told of what sweeps do; only counts. */
export interface SweeperMetrics {
  swept?(report: SweepReport): void;
  lapsed?(splits: number): void;
  closed?(units: number): void;
  /** Held events of vendors that were stored, and those that could not be judged. */
  replayed?(report: Pick<ReplayReport, 'stored' | 'failed'>): void;
  failed?(part: 'journeys' | 'splits' | 'units' | 'sides' | 'unlinked' | 'board' | 'tickets'): void;
}

export interface SweeperOptions {
  db: Database;
  logger: Logger;
  /** Between two looks for due journeys. Half of it is what an event waits on average. */
  tick?: Milliseconds;
  metrics?: SweeperMetrics;
}

export interface RunningSweeper {
  /** Takes up nothing more, and resolves when the work under way is committed. */
  stop(): Promise<void>;
}

/** Leases are seconds long: a lapsed one is written down within one. */
const LAPSE_EVERY: Milliseconds = 1_000;

/** What is closed by time has been open for days. */
const CLOSE_EVERY: Milliseconds = 5_000;
/** What was linked in between waits no longer, also where the process is gone that linked it. */
const REPLAY_EVERY: Milliseconds = 1_000;
/** The board adds what is left by itself: this only keeps that short. */
const FOLD_EVERY: Milliseconds = 2_000;
const JUDGE_EVERY: Milliseconds = 1_000;
const TIDY_EVERY: Milliseconds = 5 * 60_000;
/** Units of a phase that a transaction closes at most. */
const UNITS_AT_ONCE = 500;

/**
 * Matches handoffs of journeys that are due, writes down the fallback of splits whose lease has run out (I4), closes units by time where
 * their phase says so, stores what vendors said of somebody who is known by now (R46), removes what no process looks for any more, adds up the board's days (R30), and
 * says which tickets are leaks (R31). Any number of workers may run one. Nothing it meets ends it: it logs, waits longer each time, and goes on.
 */
export function startSweeper({ db, logger, tick, metrics }: SweeperOptions): RunningSweeper {
  const plans = new MigrationPlans(systemClock);
  const sweeper = new JourneySweeper(db, plans);
  const pace = new SweepPace(tick);
  const journeys = repeatUntilStopped(
    async () => {
      const { limit, dueFor } = pace.next(performance.now());
      const report = await sweeper.sweep(limit, dueFor);
      metrics?.swept?.(report);
      tell(logger, report);
      const { journeys: found } = report;
      const isCalm = pace.asksForCalm(found) && (await sweeper.isCalm(LEAST));
      const isBehind = pace.asksForBacklog(found) && (await sweeper.isBehind(BACKLOG, dueFor));
      return pace.swept(found, performance.now(), { isCalm, isBehind });
    },
    (error) => {
      metrics?.failed?.('journeys');
      logger.error({ failure: describeFailure(error) }, 'handoffs could not be matched; trying again');
    },
  );
  const splits = repeatUntilStopped(
    async () => {
      const lapsed = await lapseExpiredSplits(db);
      metrics?.lapsed?.(lapsed.length);
      for (const { migration, phase, cohort, epoch } of lapsed) {
        logger.warn({ migration, phase, cohort, epoch }, 'a split was left unattended: arrivals go to legacy');
      }
      return LAPSE_EVERY;
    },
    (error) => {
      metrics?.failed?.('splits');
      logger.error({ failure: describeFailure(error) }, 'lapsed splits could not be written down; trying again');
    },
  );
  const units = repeatUntilStopped(
    async () => {
      const { closed, more } = await closeUnitsByTime(db, plans, UNITS_AT_ONCE);
      metrics?.closed?.(closed);
      if (closed > 0) logger.info({ units: closed }, 'units were closed by time');
      return more ? 0 : CLOSE_EVERY;
    },
    (error) => {
      metrics?.failed?.('units');
      logger.error({ failure: describeFailure(error) }, 'units could not be closed by time; trying again');
    },
  );
  const sides = repeatUntilStopped(
    async () => {
      await tidySides(db);
      return TIDY_EVERY;
    },
    (error) => {
      metrics?.failed?.('sides');
      logger.error({ failure: describeFailure(error) }, 'old changes of sides could not be removed; trying again');
    },
  );
  const unlinked = repeatUntilStopped(
    async () => {
      const { stored, failed, failure } = await replayUnlinked(db, plans);
      metrics?.replayed?.({ stored, failed });
      if (stored > 0) logger.info({ events: stored }, 'held events of vendors were stored');
      if (failed > 0) {
        logger.error(
          { events: failed, failure: describeFailure(failure) },
          'held events of vendors could not be judged; they are tried again',
        );
      }
      return REPLAY_EVERY;
    },
    (error) => {
      metrics?.failed?.('unlinked');
      logger.error({ failure: describeFailure(error) }, 'held events of vendors could not be looked at; trying again');
    },
  );
  const board = repeatUntilStopped(
    async () => ((await foldCaseFlow(db)) === 0 ? FOLD_EVERY : 0),
    (error) => {
      metrics?.failed?.('board');
      logger.error(
        { failure: describeFailure(error) },
        "the cases of the board's days could not be added up; trying again",
      );
    },
  );
  const tickets = repeatUntilStopped(
    async () => {
      const { judged, leaks } = await judgeTickets(db);
      if (leaks > 0) logger.warn({ tickets: leaks }, 'patients wrote to support of what has no case');
      return judged === 0 ? JUDGE_EVERY : 0;
    },
    (error) => {
      metrics?.failed?.('tickets');
      logger.error({ failure: describeFailure(error) }, 'tickets could not be judged; trying again');
    },
  );
  return { stop: () => stopAll([journeys, splits, units, sides, unlinked, board, tickets]) };
}

async function stopAll(loops: readonly Repeating[]): Promise<void> {
  await Promise.all(loops.map((loop) => loop.stop()));
}

function tell(logger: Logger, { failed, failure, contradicted, exceptionsOpened }: SweepReport): void {
  if (failed > 0) {
    logger.error(
      { journeys: failed, failure: describeFailure(failure) },
      'journeys could not be matched; they are tried again',
    );
  }
  if (contradicted > 0) {
    logger.error(
      { occurrences: contradicted },
      "events contradict final outcomes: did the database's clock go backwards?",
    );
  }
  if (exceptionsOpened > 0) logger.info({ exceptions: exceptionsOpened }, 'missed handoffs opened exceptions');
}
