import type { Database } from './database';
import { storeEvents, type EventToStore, type StoredAs } from './events';

/** Transactions at once: while one waits for the disk, another is prepared. */
const TRANSACTIONS_AT_ONCE = 2;
/** Events of one transaction, unless one message alone has more. */
const EVENTS_AT_ONCE = 500;

/** After a repeated event, for so many transactions others are expected: a sender repeats whole messages, and for a while. */
const REPEATS_EXPECTED_FOR = 100;

interface Message {
  events: readonly EventToStore[];
  resolve(answers: StoredAs[]): void;
  reject(error: unknown): void;
}

/**
 * Stores events of many senders in few transactions: what comes in while one is under way goes into the next together. Each sender is
 * answered after its own events are committed (I5), and nobody waits for others to come. Holds nothing that a restart loses: what is
 * not answered is sent again.
 */
export class EventWriter {
  private waiting: Message[] = [];
  private underWay = 0;
  /** Transactions of which repeats are expected. */
  private repeats = 0;

  /** @param storeAll stores the events of a group in one transaction, and answers in their order */
  constructor(
    private readonly db: Database,
    private readonly storeAll: typeof storeEvents = storeEvents,
  ) {}

  /** As `storeEvents`. The events of one call are stored all or none. */
  store(events: readonly EventToStore[]): Promise<StoredAs[]> {
    if (events.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.waiting.push({ events, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    if (this.underWay >= TRANSACTIONS_AT_ONCE || this.waiting.length === 0) return;
    this.underWay += 1;
    void this.write(this.takeGroup()).then(() => {
      this.underWay -= 1;
      this.next();
    });
  }

  private takeGroup(): Message[] {
    let events = 0;
    const end = this.waiting.findIndex((message, index) => {
      events += message.events.length;
      return index > 0 && events > EVENTS_AT_ONCE;
    });
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }

  /** Answers every message of the group; never rejects. */
  private async write(group: readonly Message[]): Promise<void> {
    try {
      const answers = await this.storeAll(
        this.db,
        group.flatMap(({ events }) => events),
        { allNew: this.repeats === 0 },
      );
      if (answers.some((answer) => answer !== 'stored')) this.repeats = REPEATS_EXPECTED_FOR;
      else if (this.repeats > 0) this.repeats -= 1;
      let at = 0;
      for (const message of group) message.resolve(answers.slice(at, (at += message.events.length)));
    } catch (error) {
      const [only] = group;
      // What one message did must not become another's failure.
      if (only !== undefined && group.length === 1) only.reject(error);
      else for (const message of group) await this.write([message]);
    }
  }
}
