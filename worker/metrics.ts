import { Counter, Gauge, type Registry } from 'prom-client';
import type { Verdict } from '../domain/gates/verdict';
import type { Database } from '../store/database';
import { openExceptionsByQueue, sharesOfLiveSplits } from '../store/operating-figures';

/** What the worker counts. I15: labels are codes and ids of the plan, never a patient's anything. */
export interface WorkerMetrics {
  registry: Registry;
  /** Verdicts of the gates, one a gate and look. */
  verdicts: Counter<'verdict'>;
  /** Failures of the sweeper, which goes on after each. */
  sweepFailures: Counter;
}

export function createWorkerMetrics(registry: Registry, db: Database): WorkerMetrics {
  shareOfSplits(registry, db);
  openExceptions(registry, db);
  return {
    registry,
    verdicts: new Counter({
      name: 'handoff_gate_verdicts_total',
      help: 'Verdicts of gates, one for each gate and look.',
      labelNames: ['verdict'],
      registers: [registry],
    }),
    sweepFailures: new Counter({
      name: 'handoff_sweep_failures_total',
      help: 'Sweeps that failed; the next one takes up where it was.',
      registers: [registry],
    }),
  };
}

export function countVerdicts(metrics: WorkerMetrics): (verdicts: readonly Verdict[]) => void {
  return (verdicts) => {
    for (const verdict of verdicts) metrics.verdicts.inc({ verdict });
  };
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
