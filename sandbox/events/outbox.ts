import { setTimeout as wait } from 'node:timers/promises';
import type { Milliseconds } from '../../domain/time/duration';
import type { Side } from '../../domain/sides/side';
import type { Logger } from '../../platform/logger';
import type { SendBatch } from './event-sender';
import type { EventTally } from './event-tally';
import type { StackEvent } from './stack-event';

export interface OutboxOptions {
  side: Side;
  send: SendBatch;
  tally: EventTally;
  logger: Logger;
  /** Most events of one request. */
  batch?: number;
  /** Most events kept; past it the stack takes no more work. */
  capacity?: number;
  /** How long an event may wait for others before it is sent. */
  gather?: Milliseconds;
  /** Wait after the first failure; doubled with each further one. */
  retryAfter?: Milliseconds;
  retryAtMost?: Milliseconds;
}

/**
 * Events that a stack has emitted and nobody has acknowledged: each is sent, in order, until it is answered, so it arrives at
 * least once. Held in memory: a stack that is killed forgets what it had not sent.
 */
export class Outbox {
  private readonly queue: StackEvent[] = [];
  private readonly options: Required<OutboxOptions>;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private sending = false;
  private suspended = false;
  /** Events of the next request, halved while a batch cannot be read. */
  private size: number;

  constructor(options: OutboxOptions) {
    this.options = { batch: 100, capacity: 50_000, gather: 25, retryAfter: 100, retryAtMost: 5_000, ...options };
    this.size = this.options.batch;
  }

  get pending(): number {
    return this.queue.length;
  }

  get full(): boolean {
    return this.queue.length >= this.options.capacity;
  }

  add(event: StackEvent): void {
    this.options.tally.emitted(this.options.side, event);
    this.queue.push(event);
    this.wake(this.options.gather);
  }

  /** Sends nothing until `resume`: the stack is down. */
  suspend(): void {
    this.suspended = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  resume(): void {
    this.suspended = false;
    this.wake(0);
  }

  /** Waits until every event is answered, or `until` (milliseconds since 1970), then sends nothing more. */
  async drain(until: number): Promise<void> {
    this.resume();
    while (this.queue.length > 0 && Date.now() < until) await wait(20);
    this.suspend();
  }

  private wake(after: Milliseconds): void {
    if (this.sending || this.suspended || this.timer !== undefined || this.queue.length === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.turn();
    }, after);
  }

  /** One request at a time: an event leaves the queue only once it was answered. */
  private async turn(): Promise<void> {
    this.sending = true;
    const batch = this.queue.slice(0, this.size);
    const result = await this.options.send(batch);
    this.sending = false;
    switch (result.kind) {
      case 'answered':
        this.settle(batch, result.duplicates, result.refused);
        return;
      case 'unreadable':
        this.narrow(batch, result.code);
        return;
      case 'again':
        this.failures += 1;
        if (this.failures === 1 || this.failures % 20 === 0) {
          this.options.logger.warn(
            { side: this.options.side, pending: this.pending, failures: this.failures, because: result.because },
            'events not taken, sending again',
          );
        }
        this.wake(Math.min(this.options.retryAtMost, this.options.retryAfter * 2 ** Math.min(this.failures - 1, 16)));
        return;
    }
  }

  private settle(batch: readonly StackEvent[], duplicates: number, refused: ReadonlyMap<number, string>): void {
    const { tally, side, logger } = this.options;
    const answeredAt = new Date();
    batch.forEach((event, index) => {
      const code = refused.get(index);
      if (code === undefined) tally.acknowledged(side, event, answeredAt);
      else tally.refused(side, event, code);
    });
    if (duplicates > 0 && batch[0] !== undefined) tally.duplicates(side, batch[0], duplicates);
    if (refused.size > 0)
      logger.error({ side, refused: refused.size, codes: [...new Set(refused.values())] }, 'events refused');
    this.queue.splice(0, batch.length);
    this.failures = 0;
    this.size = this.options.batch;
    this.wake(this.queue.length >= this.options.batch ? 0 : this.options.gather);
  }

  /** Finds the event to blame by halves, so that one bad event never holds up the others. */
  private narrow(batch: readonly StackEvent[], code: string): void {
    if (batch.length === 1) {
      this.settle(batch, 0, new Map([[0, code]]));
      return;
    }
    this.size = Math.ceil(batch.length / 2);
    this.wake(0);
  }
}
