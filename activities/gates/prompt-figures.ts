import type { Milliseconds } from '../../domain/time/duration';
import { inTime } from '../../platform/in-time';
import type { MetricQuery, MetricReading, MetricSource } from './metric-source';

/** An outside source is asked at most so often by one worker for one gate; it is looked at every second. */
const ASKED_EVERY: Milliseconds = 5_000;
/** How long a look waits for it. A lease is renewed, and other gates are decided, after the look. */
const PATIENCE: Milliseconds = 250;
/** An answer counts for so long, counted from when it was asked for. */
const COUNTS_FOR: Milliseconds = 30_000;

interface Answered {
  at: Milliseconds;
  answer: MetricReading;
}

/** What one gate is known to say. */
interface Held {
  askedAt: Milliseconds;
  /** Ends with the question under way; undefined where there is none. */
  underWay?: Promise<void>;
  last?: Answered;
}

/**
 * Answers a watch at once, whatever a source outside takes: what it said last, while that counts, and asks on beside. What the migration's own handoffs
 * say is read at every look.
 */
export class PromptFigures implements MetricSource {
  private readonly held = new Map<string, Held>();

  /** @param clock monotonic, in milliseconds */
  constructor(
    private readonly figures: MetricSource,
    private readonly clock: () => Milliseconds = () => performance.now(),
  ) {}

  async read(query: MetricQuery): Promise<MetricReading> {
    if (query.source === undefined) return this.figures.read(query);
    // Of one epoch: what was said of the one before says nothing of this one (I3).
    const key = JSON.stringify(query);
    const held = this.held.get(key) ?? { askedAt: -Infinity };
    this.held.set(key, held);
    if (held.underWay === undefined && this.clock() - held.askedAt >= ASKED_EVERY) {
      this.ask(held, query);
      this.forgetOld();
    }
    if (held.underWay !== undefined) await inTime(held.underWay, PATIENCE, undefined);
    const { last } = held;
    if (last === undefined) return { kind: 'noData', message: 'Its source has not answered yet.' };
    if (this.clock() - last.at < COUNTS_FOR) return last.answer;
    return { kind: 'sourceError', message: `Its source has not answered for ${COUNTS_FOR / 1_000} s.` };
  }

  private ask(held: Held, query: MetricQuery): void {
    const at = this.clock();
    const end = (answer: MetricReading): void => {
      held.last = { at, answer };
      delete held.underWay;
    };
    held.askedAt = at;
    held.underWay = this.figures.read(query).then(end, () => {
      end({ kind: 'sourceError', message: 'Its source could not be asked.' });
    });
  }

  /** Steps that are over are not looked at any more. */
  private forgetOld(): void {
    for (const [key, { askedAt, underWay }] of this.held) {
      if (underWay === undefined && this.clock() - askedAt > COUNTS_FOR) this.held.delete(key);
    }
  }
}
