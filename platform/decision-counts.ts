import { Counter, type Registry } from 'prom-client';
import type { DecisionReason } from '../domain/sides/decide-side';
import type { Side } from '../domain/sides/side';

/** Answers to "which side?". Counted by an addition each, and handed to the library when somebody reads them. */
export class DecisionCounts {
  private readonly pending = new Map<Side, Map<DecisionReason, number>>();

  constructor(registry: Registry) {
    const { pending } = this;
    new Counter({
      name: 'handoff_decisions_total',
      help: 'Answers to the question which side takes a unit, by side and reason.',
      labelNames: ['side', 'reason'],
      registers: [registry],
      collect() {
        for (const [side, byReason] of pending) {
          for (const [reason, count] of byReason) this.inc({ side, reason }, count);
        }
        pending.clear();
      },
    });
  }

  /** Counts one answer. */
  add(side: Side, reason: DecisionReason): void {
    let byReason = this.pending.get(side);
    if (byReason === undefined) this.pending.set(side, (byReason = new Map<DecisionReason, number>()));
    byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
  }
}
