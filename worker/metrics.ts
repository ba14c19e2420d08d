import { Counter, Gauge, type Registry } from 'prom-client';
import type { Verdict } from '../domain/gates/verdict';
import type { Database } from '../store/database';
import { countLateClocks } from '../store/exception-clocks';
import { readMatchingLag } from '../store/handoffs';
import { countUndelivered } from '../store/outward-routes';
import { countWaitingRedrives } from '../store/redrives';
import type { SweeperMetrics } from './sweeper';
import {
  givenUpEvents,
  heldEvents,
  leaksByQueue,
  openExceptionsByQueue,
  sharesOfLiveSplits,
} from '../store/operating-figures';

/** What the worker counts. I15: labels are codes and ids of the plan, never a patient's anything. */
export interface WorkerMetrics {
  registry: Registry;
  /** Verdicts of the gates, one a gate and look. */
  verdicts: Counter<'verdict'>;
  /** Handoffs that ended for good. */
  outcomes: Counter<'outcome'>;
  /** Events from the side that their unit was not on. */
  wrongSide: Counter;
  /** Failures within looks at steps, which go on: of a gate that could not be judged, or of counting who arrived. */
  watchFailures: Counter<'of'>;
  /** Failures of the sweeper, which goes on after each. */
  sweepFailures: Counter;
  /** Looks at what routes outside, by what was found and done. */
  routeLooks: Counter<'result'>;
  /** Missing commands that were sent again, by what became of it. */
  redrives: Counter<'result'>;
  /** Journeys of synthetic patients, by how they ended. */
  syntheticRuns: Counter<'outcome'>;
}

export function createWorkerMetrics(registry: Registry, db: Database): WorkerMetrics {
  shareOfSplits(registry, db);
  openExceptions(registry, db);
  leakedTickets(registry, db);
  matchingLag(registry, db);
  undeliveredRoutes(registry, db);
  unlinkedEvents(registry, db);
  lateClocks(registry, db);
  waitingRedrives(registry, db);
  return {
    registry,
    verdicts: new Counter({
      name: 'handoff_gate_verdicts_total',
      help: 'Verdicts of gates, one for each gate and look.',
      labelNames: ['verdict'],
      registers: [registry],
    }),
    outcomes: new Counter({
      name: 'handoff_outcomes_total',
      help: 'Handoffs that ended for good: kept, missed or released.',
      labelNames: ['outcome'],
      registers: [registry],
    }),
    wrongSide: new Counter({
      name: 'handoff_wrong_side_events_total',
      help: 'Events from a system of the side that their unit was not on.',
      registers: [registry],
    }),
    watchFailures: new Counter({
      name: 'handoff_watch_failures_total',
      help: 'Failures within looks at steps: of judging a gate, which holds its step, or of counting arrivals by side.',
      labelNames: ['of'],
      registers: [registry],
    }),
    sweepFailures: new Counter({
      name: 'handoff_sweep_failures_total',
      help: 'Sweeps that failed; the next one takes up where it was.',
      registers: [registry],
    }),
    routeLooks: new Counter({
      name: 'handoff_route_looks_total',
      help: 'Looks at what routes outside: as wanted, carried, mended, or not following.',
      labelNames: ['result'],
      registers: [registry],
    }),
    redrives: new Counter({
      name: 'handoff_redrives_total',
      help: 'Missing commands sent again, by what became of it; waiting is a try in vain that is made again.',
      labelNames: ['result'],
      registers: [registry],
    }),
    syntheticRuns: new Counter({
      name: 'handoff_synthetic_runs_total',
      help: 'Journeys of synthetic patients that ended: kept, missed, untried or lost.',
      labelNames: ['outcome'],
      registers: [registry],
    }),
  };
}

export function countVerdicts(metrics: WorkerMetrics): (verdicts: readonly Verdict[]) => void {
  return (verdicts) => {
    for (const verdict of verdicts) metrics.verdicts.inc({ verdict });
  };
}

function unlinkedEvents(registry: Registry, db: Database): void {
  new Gauge({
    name: 'handoff_unlinked_events',
    help: 'Events of vendors that are held because nobody knows whose they are, by why.',
    labelNames: ['migration', 'because'],
    registers: [registry],
    async collect() {
      const held = await heldEvents(db);
      this.reset();
      for (const { events, ...labels } of held) this.set(labels, events);
    },
  });
  new Gauge({
    name: 'handoff_given_up_events',
    help: 'Events of vendors that two people gave up for lost.',
    labelNames: ['migration'],
    registers: [registry],
    async collect() {
      const givenUp = await givenUpEvents(db);
      this.reset();
      for (const { events, ...labels } of givenUp) this.set(labels, events);
    },
  });
}

function shareOfSplits(registry: Registry, db: Database): void {
  new Gauge({
    name: 'handoff_split_share_ratio',
    help: 'Share of arriving units that target takes now, from 0 to 1; 0 where the lease has run out.',
    labelNames: ['migration', 'phase', 'cohort'],
    registers: [registry],
    async collect() {
      const splits = await sharesOfLiveSplits(db);
      this.reset();
      for (const { share, ...labels } of splits) this.set(labels, share);
    },
  });
}

/** What the sweeper tells of itself. */
export function countSweeps(metrics: WorkerMetrics): SweeperMetrics {
  return {
    swept: ({ finalized, wrongSide }) => {
      metrics.wrongSide.inc(wrongSide);
      for (const [outcome, count] of Object.entries(finalized)) metrics.outcomes.inc({ outcome }, count);
    },
    failed: () => {
      metrics.sweepFailures.inc();
    },
  };
}

function matchingLag(registry: Registry, db: Database): void {
  new Gauge({
    name: 'handoff_matching_lag_seconds',
    help: 'How long the journey that waits longest for a sweeper has waited. Gates hold past 30.',
    registers: [registry],
    async collect() {
      this.set((await readMatchingLag(db)) / 1_000);
    },
  });
}

function undeliveredRoutes(registry: Registry, db: Database): void {
  new Gauge({
    name: 'handoff_routes_undelivered',
    help: 'Splits that something outside does not follow and that wait for a person.',
    registers: [registry],
    async collect() {
      this.set(await countUndelivered(db));
    },
  });
}

function lateClocks(registry: Registry, db: Database): void {
  new Gauge({
    name: 'handoff_exception_clocks_late',
    help: 'Open cases whose SLA clock should have done something more than a minute ago.',
    registers: [registry],
    async collect() {
      this.set(await countLateClocks(db));
    },
  });
}

function waitingRedrives(registry: Registry, db: Database): void {
  new Gauge({
    name: 'handoff_redrives_waiting',
    help: 'Missing commands that somebody had sent again and no system has taken yet.',
    registers: [registry],
    async collect() {
      this.set(await countWaitingRedrives(db));
    },
  });
}

function leakedTickets(registry: Registry, db: Database): void {
  new Gauge({
    name: 'handoff_ticket_leaks',
    help: 'Tickets of a queue whose patient had no case there: what support was told of and no handoff found.',
    labelNames: ['migration', 'queue'],
    registers: [registry],
    async collect() {
      const queues = await leaksByQueue(db);
      this.reset();
      for (const { leaks, ...labels } of queues) this.set(labels, leaks);
    },
  });
}

function openExceptions(registry: Registry, db: Database): void {
  new Gauge({
    name: 'handoff_exceptions_open',
    help: 'Exceptions that wait for somebody, by queue.',
    labelNames: ['migration', 'queue'],
    registers: [registry],
    async collect() {
      const queues = await openExceptionsByQueue(db);
      this.reset();
      for (const { open, ...labels } of queues) this.set(labels, open);
    },
  });
}
