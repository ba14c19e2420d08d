import { Counter, Gauge, type Registry } from 'prom-client';
import { CONTROL_GAPS } from '../../domain/control/judge-control';
import type { ControlFinding } from './control-watch';
import type { SignalKind, SignalResult } from './dead-man-signal';

/** Shows what the dead-man signal says, for those who scrape. @param latest undefined where nobody looked of late, which is not whole */
export function showControl(registry: Registry, latest: () => ControlFinding | undefined): void {
  new Gauge({
    name: 'handoff_control_whole',
    help: 'Whether this worker finds control whole: 1 where Temporal and Postgres answer and every split above zero is looked after.',
    registers: [registry],
    collect() {
      this.set(latest()?.gaps.length === 0 ? 1 : 0);
    },
  });
  new Gauge({
    name: 'handoff_control_gap',
    help: 'What keeps control from being whole, by code: 1 where it does. All 0 where nobody looked of late.',
    labelNames: ['gap'],
    registers: [registry],
    collect() {
      const gaps = latest()?.gaps ?? [];
      for (const gap of CONTROL_GAPS) this.set({ gap }, gaps.includes(gap) ? 1 : 0);
    },
  });
}

/** Counts the dead-man signals that went out. @param now seconds since 1970 */
export function countSignals(registry: Registry, now: () => number): (kind: SignalKind, result: SignalResult) => void {
  const signals = new Counter({
    name: 'handoff_deadman_signals_total',
    help: 'Dead-man signals: of what was said (whole, gone), what became of it (sent, refused, unreached).',
    labelNames: ['kind', 'result'],
    registers: [registry],
  });
  const lastSent = new Gauge({
    name: 'handoff_deadman_last_sent_timestamp_seconds',
    help: 'When the dead-man signal that control is whole last arrived; 0 where none has.',
    registers: [registry],
  });
  return (kind, result) => {
    signals.inc({ kind, result });
    if (kind === 'whole' && result === 'sent') lastSent.set(now());
  };
}
