import type { Side } from '../../domain/sides/side';
import type { EventOrigin, StackEvent } from './stack-event';

/** What one stack did with the events of one migration. Every event emitted ends as acknowledged or refused, or is pending. */
export interface TallyCounts {
  emitted: number;
  /** Answered as stored, now or by an earlier sending. */
  acknowledged: number;
  /** Of those acknowledged: answered as a duplicate, since an earlier sending had arrived. */
  duplicates: number;
  /** Refused for good, by code. Never sent again. */
  refused: Record<string, number>;
  pending: number;
  /** From an event's time to its acknowledgement, at most; milliseconds. */
  slowest: number;
  emittedByType: Record<string, number>;
  /** Never emitted, because a fault lost them. */
  dropped: number;
  droppedByType: Record<string, number>;
}

/** An event that a fault lost, or made another. */
export interface DroppedEvent extends Partial<EventOrigin> {
  /** Key of the episode. */
  journey: string;
  type: string;
  /** Its place in the journey. */
  sequence: number;
}

/** An event that a fault made late. */
export interface SlowedEvent extends DroppedEvent {
  /** Milliseconds of the plan's time. */
  by: number;
}

interface Counted extends Omit<TallyCounts, 'pending'> {
  droppedEvents: DroppedEvent[];
  slowedEvents: SlowedEvent[];
  repeatedEvents: DroppedEvent[];
  misstatedEvents: DroppedEvent[];
}

/** Counts events by migration and side, from the stack's point of view. */
export class EventTally {
  private readonly counted = new Map<string, Record<Side, Counted>>();

  emitted(side: Side, event: StackEvent): void {
    const counts = this.of(event.migration, side);
    counts.emitted += 1;
    add(counts.emittedByType, event.type);
  }

  dropped(side: Side, event: StackEvent): void {
    const counts = this.of(event.migration, side);
    counts.dropped += 1;
    add(counts.droppedByType, event.type);
    counts.droppedEvents.push(named(event));
  }

  repeated(side: Side, event: StackEvent): void {
    this.of(event.migration, side).repeatedEvents.push(named(event));
  }

  misstated(side: Side, event: StackEvent): void {
    this.of(event.migration, side).misstatedEvents.push(named(event));
  }

  slowed(side: Side, event: SlowedEvent & { migration: string }): void {
    const { migration, ...slowed } = event;
    this.of(migration, side).slowedEvents.push(slowed);
  }

  acknowledged(side: Side, event: StackEvent, at: Date): void {
    const counts = this.of(event.migration, side);
    counts.acknowledged += 1;
    counts.slowest = Math.max(counts.slowest, at.getTime() - event.time.getTime());
  }

  /** `count` of a batch had been stored before. The answer does not say which, so they are counted for its first event's migration. */
  duplicates(side: Side, event: StackEvent, count: number): void {
    this.of(event.migration, side).duplicates += count;
  }

  refused(side: Side, event: StackEvent, code: string): void {
    add(this.of(event.migration, side).refused, code);
  }

  counts(migration: string): Record<Side, TallyCounts> {
    return { legacy: this.countsOf(migration, 'legacy'), target: this.countsOf(migration, 'target') };
  }

  migrations(): string[] {
    return [...this.counted.keys()];
  }

  /** What a side lost, in the order in which it did. */
  droppedEvents(migration: string, side: Side): readonly DroppedEvent[] {
    return this.counted.get(migration)?.[side].droppedEvents ?? [];
  }

  /** What a side did late, in the order in which it began it. */
  slowedEvents(migration: string, side: Side): readonly SlowedEvent[] {
    return this.counted.get(migration)?.[side].slowedEvents ?? [];
  }

  /** What a side did twice. */
  repeatedEvents(migration: string, side: Side): readonly DroppedEvent[] {
    return this.counted.get(migration)?.[side].repeatedEvents ?? [];
  }

  /** What a side said another code of. */
  misstatedEvents(migration: string, side: Side): readonly DroppedEvent[] {
    return this.counted.get(migration)?.[side].misstatedEvents ?? [];
  }

  private countsOf(migration: string, side: Side): TallyCounts {
    const {
      droppedEvents: _dropped,
      slowedEvents: _slowed,
      repeatedEvents: _repeated,
      misstatedEvents: _misstated,
      ...counts
    } = this.counted.get(migration)?.[side] ?? nothing();
    const refused = Object.values(counts.refused).reduce((sum, count) => sum + count, 0);
    return { ...counts, pending: counts.emitted - counts.acknowledged - refused };
  }

  private of(migration: string, side: Side): Counted {
    let counts = this.counted.get(migration);
    if (counts === undefined) {
      counts = { legacy: nothing(), target: nothing() };
      this.counted.set(migration, counts);
    }
    return counts[side];
  }
}

function nothing(): Counted {
  return {
    emitted: 0,
    acknowledged: 0,
    duplicates: 0,
    refused: {},
    slowest: 0,
    emittedByType: {},
    dropped: 0,
    droppedByType: {},
    droppedEvents: [],
    slowedEvents: [],
    repeatedEvents: [],
    misstatedEvents: [],
  };
}

function named({ journey, type, sequence, origin }: StackEvent): DroppedEvent {
  return { journey, type, sequence, ...origin };
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
