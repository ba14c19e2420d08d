import type { HandoffRule } from './handoff-rule';

/** An event as the matcher sees it. Times are whole milliseconds since 1970. */
export interface JourneyEvent {
  type: string;
  /** When it happened. */
  time: number;
  /** When it was stored: the database's clock, under the journey's lock. */
  receivedAt: number;
  sequence: number;
  /** Unique among the journey's events and not given by arrival: decides which of two starts at one moment is the first. */
  identity: string;
}

export type Outcome = 'kept' | 'missed' | 'released';

/** One run of a handoff in a journey, from its start to its one end. */
export interface Occurrence<Event extends JourneyEvent = JourneyEvent> {
  start: Event;
  startedAt: number;
  deadlineAt: number;
  /** null: open, or past its deadline with its lateness not yet over. A missed one is therefore always final. */
  outcome: Outcome | null;
  /** A missed one ends at its deadline. */
  endedAt: number | null;
  /** No event that may still arrive can change it. */
  final: boolean;
  /** When the end came after all, of a missed one; null until no event that may still arrive can change it. */
  recoveredAt: number | null;
  /** Starts that came while it was open. */
  repeated: number;
}

export interface HandoffMatch<Event extends JourneyEvent = JourneyEvent> {
  /** In the order of their starts: the final ones come first and never change place, and an event more never makes fewer. */
  occurrences: Occurrence<Event>[];
  /** Ends that closed nothing. */
  unmatched: number;
  /** The next moment at which this answer changes by itself; null where only an event can change it. */
  nextChangeAt: number | null;
}

/**
 * What became of one handoff in one journey, from all the journey's events.
 *
 * An event counts at `max(time, receivedAt − lateness)`: so late that it could change what is final, it counts as late as it
 * takes not to. Events count in that order, then by their time, then by their sequence. Those that are equal in all three
 * have no order of their own, so arrival must not give them one: an open occurrence takes an end first, then a reason that
 * releases it, then a repeated start; where none is open, a start comes first.
 *
 * A start opens an occurrence where none is open. An end up to the deadline, that moment included, keeps it. An end with none
 * open recovers the latest occurrence if that was missed, once; otherwise it is unmatched.
 *
 * @param now the database's clock, read under the journey's lock after its events
 */
export function matchHandoff<Event extends JourneyEvent>(
  rule: HandoffRule,
  events: readonly Event[],
  now: number,
): HandoffMatch<Event> {
  return runThrough(rule, events).result(now);
}

/** An occurrence as the events leave it: `outcome` is null where none ended it up to its deadline. */
export type OccurrenceSoFar<Event extends JourneyEvent = JourneyEvent> = Omit<Occurrence<Event>, 'final'>;

/**
 * The same, of a history that is complete: by the same rules and in the same order, with nothing left to arrive. Whether a run
 * without an outcome is missed or still open is the caller's to say: only it knows when its history ends.
 */
export function matchHistory<Event extends JourneyEvent>(
  rule: HandoffRule,
  events: readonly Event[],
): { occurrences: readonly OccurrenceSoFar<Event>[]; unmatched: number } {
  return runThrough(rule, events).complete();
}

function runThrough<Event extends JourneyEvent>(rule: HandoffRule, events: readonly Event[]): HandoffRun<Event> {
  const run = new HandoffRun<Event>(rule);
  for (const group of groupsOf(rule, events)) run.take(group.at, group.events);
  return run;
}

interface Group<Event> {
  at: number;
  events: Event[];
}

/** When an event counts. I6: with the lateness over, nothing that arrives later counts at or before this moment. */
export function effectiveTime(event: JourneyEvent, lateness: number): number {
  return Math.max(event.time, event.receivedAt - lateness);
}

/** The events a handoff listens to, in order, those without an order among them together. */
function groupsOf<Event extends JourneyEvent>(rule: HandoffRule, events: readonly Event[]): Group<Event>[] {
  const heard = events
    .filter(({ type }) => type === rule.start || rule.ends.has(type) || rule.unless.has(type))
    .map((event) => ({ event, at: effectiveTime(event, rule.lateness) }))
    .sort(
      (a, b) =>
        a.at - b.at ||
        a.event.time - b.event.time ||
        a.event.sequence - b.event.sequence ||
        (a.event.identity < b.event.identity ? -1 : 1),
    );
  const groups: Group<Event>[] = [];
  for (const { event, at } of heard) {
    const last = groups.at(-1);
    const first = last?.events[0];
    if (last?.at === at && first?.time === event.time && first.sequence === event.sequence) last.events.push(event);
    else groups.push({ at, events: [event] });
  }
  return groups;
}

class HandoffRun<Event extends JourneyEvent> {
  private readonly occurrences: OccurrenceSoFar<Event>[] = [];
  private unmatched = 0;

  constructor(private readonly rule: HandoffRule) {}

  take(at: number, group: readonly Event[]): void {
    const waiting = [...group];
    while (waiting.length > 0) {
      const open = this.openAt(at) !== undefined;
      const wanted = open ? [this.isEnd, this.isRelease, this.isStart] : [this.isStart, this.isEnd, this.isRelease];
      const index = wanted.map((role) => waiting.findIndex(role)).find((found) => found >= 0) ?? 0;
      const [event] = waiting.splice(index, 1);
      if (event !== undefined) this.apply(at, event);
    }
  }

  private readonly isStart = (event: Event): boolean => event.type === this.rule.start;
  private readonly isEnd = (event: Event): boolean => this.rule.ends.has(event.type);
  private readonly isRelease = (event: Event): boolean => this.rule.unless.has(event.type);

  private apply(at: number, event: Event): void {
    const open = this.openAt(at);
    if (open === undefined) {
      if (this.isStart(event)) this.open(at, event);
      else if (this.isEnd(event)) this.endWithoutStart(at);
    } else if (this.isEnd(event)) this.close(open, 'kept', at);
    else if (this.isRelease(event)) this.close(open, 'released', at);
    else open.repeated += 1;
  }

  private open(at: number, start: Event): void {
    this.occurrences.push({
      start,
      startedAt: at,
      deadlineAt: at + this.rule.within,
      outcome: null,
      endedAt: null,
      recoveredAt: null,
      repeated: 0,
    });
  }

  private close(occurrence: OccurrenceSoFar<Event>, outcome: 'kept' | 'released', at: number): void {
    occurrence.outcome = outcome;
    occurrence.endedAt = at;
  }

  private endWithoutStart(at: number): void {
    const latest = this.occurrences.at(-1);
    if (latest?.outcome === null && latest.recoveredAt === null) latest.recoveredAt = at;
    else this.unmatched += 1;
  }

  private openAt(at: number): OccurrenceSoFar<Event> | undefined {
    const latest = this.occurrences.at(-1);
    return latest?.outcome === null && at <= latest.deadlineAt ? latest : undefined;
  }

  complete(): { occurrences: readonly OccurrenceSoFar<Event>[]; unmatched: number } {
    return { occurrences: this.occurrences, unmatched: this.unmatched };
  }

  result(now: number): HandoffMatch<Event> {
    let nextChangeAt: number | null = null;
    const settled = (moment: number): boolean => {
      // Strictly after: an event stored at `now` may count at exactly `now - lateness`.
      const settledAt = moment + this.rule.lateness + 1;
      if (now >= settledAt) return true;
      nextChangeAt = Math.min(nextChangeAt ?? settledAt, settledAt);
      return false;
    };
    const occurrences = this.occurrences.map((running): Occurrence<Event> => {
      const final = settled(running.endedAt ?? running.deadlineAt);
      const missed = running.outcome === null && final;
      const recovered = running.recoveredAt !== null && settled(running.recoveredAt);
      return {
        ...running,
        outcome: missed ? 'missed' : running.outcome,
        endedAt: missed ? running.deadlineAt : running.endedAt,
        final,
        recoveredAt: recovered ? running.recoveredAt : null,
      };
    });
    return { occurrences, unmatched: this.unmatched, nextChangeAt };
  }
}
