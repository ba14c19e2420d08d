import type { Milliseconds } from '../../domain/time/duration';
import { Overloaded } from './evaluation-failure';

/** How often the event loop is asked how late it is, and how late it may be. */
const ASK_EVERY: Milliseconds = 100;
const LATE: Milliseconds = 500;

/**
 * What one process takes on: questions that must be asked of Postgres, and bodies on their way. Beyond it, it says so; it never gives a
 * side instead. Units whose side it remembers wait for nothing, and are answered all the same.
 */
export class Load {
  private waiting = 0;
  private asked: number;
  private late: Milliseconds = 0;
  private readonly lateLimit: Milliseconds;
  private readonly asking: NodeJS.Timeout;

  /**
   * @param limit questions that may wait at the same time; as many bodies may be on their way
   * @param late beyond it the event loop takes on no question that must wait
   * @param now milliseconds of a clock that is never set
   */
  constructor(
    private readonly limit: number,
    { late = LATE, now = () => performance.now() }: { late?: Milliseconds | undefined; now?: () => Milliseconds } = {},
  ) {
    this.lateLimit = late;
    this.asked = now();
    this.asking = setInterval(() => {
      const at = now();
      this.late = at - this.asked - ASK_EVERY;
      this.asked = at;
    }, ASK_EVERY).unref();
  }

  /**
   * Does what must wait for Postgres, if it may begin.
   * @throws Overloaded where it may not
   */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.waiting >= this.limit || this.late > this.lateLimit) throw new Overloaded();
    this.waiting += 1;
    try {
      return await work();
    } finally {
      this.waiting -= 1;
    }
  }

  /** Questions that wait for Postgres. */
  get count(): number {
    return this.waiting;
  }

  /** Whether another body may come, beside those that are on their way. */
  hasRoomFor(bodies: number): boolean {
    return bodies < this.limit;
  }

  stop(): void {
    clearInterval(this.asking);
  }
}
