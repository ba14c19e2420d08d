import { Counter, Gauge, type Registry } from 'prom-client';
import type { Verdict } from '../domain/gates/verdict';
import type { Database } from '../store/database';

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
      const { rows } = await db.query<{ migration: string; phase: string; cohort: string; share: number }>(
        `SELECT split.migration, split.phase, split.cohort,
                CASE WHEN split.mode <> 'committed' AND split.lease_until < clock_timestamp() THEN 0 ELSE split.share END AS share
         FROM split JOIN migration ON migration.id = split.migration WHERE migration.state = 'live'`,
      );
      this.reset();
      for (const { migration, phase, cohort, share } of rows) this.set({ migration, phase, cohort }, share / 100_000);
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
      const { rows } = await db.query<{ migration: string; queue: string; open: number }>(
        `SELECT migration, queue, count(*)::int AS open FROM exception WHERE state = 'open' GROUP BY migration, queue`,
      );
      this.reset();
      for (const { migration, queue, open } of rows) this.set({ migration, queue }, open);
    },
  });
}
