import type { Clock } from '../domain/time/clock';

/** Work that is due at a moment. It is told when it happened: the moment it was due, or the end of the pause it fell into. */
type Work = (happenedAt: Date) => void;

/**
 * What a stack will do later. Work happens at the moment it was due even where the machine came to it a little late, so that a
 * busy machine makes no stack look slow. While paused nothing happens; what fell due is done at once afterwards, as of then.
 */
export class Schedule {
  private readonly waiting = new Map<symbol, { due: number; work: Work; timer?: NodeJS.Timeout }>();
  private paused = false;

  constructor(private readonly clock: Clock) {}

  /** Does the work at `due`, or now where that has passed. The function it gives calls it off; false where it was done already. */
  at(due: Date, work: Work): () => boolean {
    const id = Symbol();
    this.waiting.set(id, { due: due.getTime(), work });
    if (!this.paused) this.arm(id);
    return () => {
      clearTimeout(this.waiting.get(id)?.timer);
      return this.waiting.delete(id);
    };
  }

  get pending(): number {
    return this.waiting.size;
  }

  pause(): void {
    this.paused = true;
    for (const entry of this.waiting.values()) clearTimeout(entry.timer);
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    const resumedAt = this.clock.now().getTime();
    for (const [id, entry] of this.waiting) {
      entry.due = Math.max(entry.due, resumedAt);
      this.arm(id);
    }
  }

  /** Calls everything off. */
  clear(): void {
    for (const entry of this.waiting.values()) clearTimeout(entry.timer);
    this.waiting.clear();
  }

  private arm(id: symbol): void {
    const entry = this.waiting.get(id);
    if (entry === undefined) return;
    const wait = Math.max(0, entry.due - this.clock.now().getTime());
    // Timers beyond 24.8 days would fire at once; a long wait is cut in pieces.
    entry.timer = setTimeout(
      () => {
        if (entry.due > this.clock.now().getTime() + 1) {
          this.arm(id);
          return;
        }
        this.waiting.delete(id);
        entry.work(new Date(entry.due));
      },
      Math.min(wait, 2 ** 31 - 1),
    );
  }
}
