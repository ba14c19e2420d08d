import express, { type Express } from 'express';
import type { Clock } from '../../domain/time/clock';
import type { Side } from '../../domain/sides/side';
import { compress } from '../../domain/time/time-scale';
import type { Milliseconds } from '../../domain/time/duration';
import { DomainError } from '../../domain/domain-error';
import type { DroppedEvent, EventTally } from '../events/event-tally';
import type { Outbox } from '../events/outbox';
import { misstated, onceMore } from '../events/planted-event';
import type { EventOrigin, StackEvent } from '../events/stack-event';
import { HttpListener } from '../http-listener';
import { answerFailure } from '../sandbox-failure';
import { Schedule } from '../schedule';
import type { JourneyService } from '../journey/journey-service';
import type { Faults, PageFault } from './fault';

/** What a stack is told of a migration before its patients come. */
export interface StackRun {
  migration: string;
  /** What the plan's durations are divided by. */
  timeScale: number;
  /** Decides what happens to each patient, together with their key. */
  seed: string;
  /** `source` of each side's system, for recorded activities. */
  recordedSource?: Record<Side, string>;
  /** For whole journeys. */
  journey?: JourneyService;
}

export class NoSuchRun extends DomainError {
  readonly code = 'no-such-run';
  readonly status = 404;
  constructor() {
    super(
      "This stack serves no patients of that migration. Start a run with 'POST /runs' at the sandbox's control server.",
    );
  }
}

export class StackOverloaded extends DomainError {
  readonly code = 'stack-overloaded';
  readonly status = 503;
  constructor() {
    super('The stack has more events to send than it can keep. Try again once the events API takes them.');
  }
}

/** One running stack: what its patients can do over HTTP, what it does later by itself, and the events it owes the outside. */
export class Stack {
  private readonly schedule: Schedule;
  private readonly underwayBy = new Map<string, number>();
  private readonly runs = new Map<string, StackRun>();
  private readonly closed = new AbortController();
  private readonly listener: HttpListener;

  constructor(
    readonly side: Side,
    private readonly parts: { port: number; clock: Clock; faults: Faults; tally: EventTally; outbox: Outbox },
    routes: readonly ((app: Express, stack: Stack) => void)[],
  ) {
    this.schedule = new Schedule(parts.clock);
    const app = express();
    app.disable('x-powered-by');
    app.use(express.json());
    app.get('/healthz', (_request, response) => void response.send({ status: 'ok', side }));
    for (const addRoutes of routes) addRoutes(app, this);
    app.use(answerFailure);
    this.listener = new HttpListener((request, response) => void app(request, response), parts.port);
  }

  get url(): string {
    return this.listener.url;
  }

  get isUp(): boolean {
    return this.listener.isOpen;
  }

  get clock(): Clock {
    return this.parts.clock;
  }

  /** Serves the patients of a migration from now on. */
  serve(run: StackRun): void {
    this.runs.set(run.migration, run);
  }

  /** @throws NoSuchRun, StackOverloaded */
  runOf(migration: string): StackRun {
    if (this.parts.outbox.full) throw new StackOverloaded();
    const run = this.runs.get(migration);
    if (run === undefined) throw new NoSuchRun();
    return run;
  }

  /** Says that something happened; false where a fault loses it. */
  emit(event: StackEvent): boolean {
    const { faults, tally, outbox } = this.parts;
    const { lane, attributes } = event.origin ?? {};
    const question = { ...event, lane, attributes };
    if (faults.drops(this.side, question)) {
      tally.dropped(this.side, event);
      return false;
    }
    const said = misstated(event, faults.misstates(this.side, question));
    if (said !== event) tally.misstated(this.side, event);
    outbox.add(said);
    if (faults.repeats(this.side, question)) {
      tally.repeated(this.side, event);
      outbox.add(onceMore(said));
    }
    return true;
  }

  /** Does something at `due`. The function it gives calls it off; false where it was done already. */
  later(run: StackRun, due: Date, work: (happenedAt: Date) => void): () => boolean {
    const finish = this.begin(run);
    const callOff = this.schedule.at(due, (happenedAt) => {
      work(happenedAt);
      finish();
    });
    return () => {
      const calledOff = callOff();
      if (calledOff) finish();
      return calledOff;
    };
  }

  /** Begins something that it will end by itself. The function it gives says that it has. */
  begin(run: StackRun): () => void {
    const count = (by: number): void => {
      this.underwayBy.set(run.migration, (this.underwayBy.get(run.migration) ?? 0) + by);
    };
    count(1);
    return () => {
      count(-1);
    };
  }

  /** Forgets something at `due`: nobody waits for it. */
  forget(due: Date, work: () => void): void {
    this.schedule.at(due, work);
  }

  /** How many things it will still do by itself, by migration. */
  underway(): Record<string, number> {
    return Object.fromEntries([...this.underwayBy].filter(([, count]) => count > 0));
  }

  /** Later by how much of the wall clock an event of this type happens than it would without faults. */
  slowness(run: StackRun, type: string): Milliseconds {
    return compress(this.parts.faults.delay(this.side, { type, migration: run.migration }), run.timeScale);
  }

  /** The same in the plan's time, for an event of a journey, written down where it is any. */
  slows(event: Omit<DroppedEvent, keyof EventOrigin> & { migration: string; origin: EventOrigin }): Milliseconds {
    const { origin, ...rest } = event;
    const by = this.parts.faults.delay(this.side, { ...rest, lane: origin.lane, attributes: origin.attributes });
    if (by > 0) this.parts.tally.slowed(this.side, { ...rest, ...origin, by });
    return by;
  }

  /** What is wrong with one of its pages now. */
  pageFault(page: 'landing' | 'intake'): PageFault | undefined {
    return this.parts.faults.page(this.side, page);
  }

  /** Aborted once it takes no more patients. */
  get closing(): AbortSignal {
    return this.closed.signal;
  }

  /** Opens or closes what the faults of this moment say. */
  async followFaults(): Promise<void> {
    if (this.parts.faults.isDown(this.side)) {
      this.schedule.pause();
      this.parts.outbox.suspend();
      await this.listener.close();
    } else {
      await this.listener.open();
      this.schedule.resume();
      this.parts.outbox.resume();
    }
  }

  /** Takes no more patients and does nothing more by itself. What is in the outbox is still sent. */
  async close(): Promise<void> {
    this.closed.abort();
    this.schedule.clear();
    await this.listener.close();
  }

  /** Waits until every event is answered, or `until` (milliseconds since 1970), and sends nothing after that. */
  async drain(until: number): Promise<void> {
    await this.parts.outbox.drain(until);
  }
}
