import type { Stop } from '../calendar/business-deadline';
import { failedCondition, fieldOf, type Fields } from './failed-condition';
import { handoffDeadline } from './handoff-deadline';
import { hears, type HandoffRule } from './handoff-rule';

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
  /** The fields that handoffs read ({@link fieldsRead}), at least. */
  data?: Fields;
}

export type Outcome = 'kept' | 'missed' | 'released';

/** One run of a handoff in a journey, from its start to its one end. */
export interface Occurrence<Event extends JourneyEvent = JourneyEvent> {
  start: Event;
  startedAt: number;
  /** Later with each pause that is over. While it is paused, as it was before. */
  deadlineAt: number;
  /** Since when its clock stands still; null: it runs, or has ended. Paused, it has no deadline: it stays open until it runs on and is late, or ends. */
  pausedSince: number | null;
  /** null: open, or past its deadline with its lateness not yet over. A missed one is therefore always final. */
  outcome: Outcome | null;
  /** A missed one ends at its deadline. */
  endedAt: number | null;
  /** No event that may still arrive can change it. */
  final: boolean;
  /** When the end came after all, of a missed one; null until no event that may still arrive can change it. */
  recoveredAt: number | null;
  /** The end that recovered it: of several that it took, the last. */
  recoveredBy: Event | null;
  /** Starts that came while it was open. */
  repeated: number;
  /** Of a missed one: the last that came up to its deadline and was no end, since it did not meet a condition; and which. */
  refused: RefusedEnd<Event> | null;
  /** Of a missed one: the codes of which no end came up to its deadline, where there must be one for each. */
  lacking: readonly string[];
  /** Ends that came once more, where they must come once: those that no event that may still arrive can change. In order, more are only added. */
  secondEnds: readonly Event[];
}

export interface RefusedEnd<Event extends JourneyEvent = JourneyEvent> {
  /** Id of the condition; of several, the first in the plan. */
  condition: string;
  end: Event;
}

export interface HandoffMatch<Event extends JourneyEvent = JourneyEvent> {
  /** In the order of their starts. The final ones come first and never change; a pause that comes late may take away others. */
  occurrences: Occurrence<Event>[];
  /** Ends that closed nothing: of the wrong kind, or with nothing to end. */
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
 * releases it, then what stops its clock, what lets it run on, and a repeated start; where none is open, a start comes first.
 *
 * A start opens an occurrence where none is open. An end up to the deadline, that moment included, keeps it; where there must be
 * one for each of several codes, the last of them does. An end with none open recovers the latest occurrence if that was missed, once;
 * otherwise it is unmatched. One more than that, where ends must come once, is a second end.
 *
 * An end that does not meet every condition is none. It keeps, recovers and repeats nothing.
 *
 * From the first event that pauses an open occurrence to the last that lets it run on, its time does not count. A pause that began
 * before the start does not stop it: a question that nobody ever answered would hold up every later occurrence of the journey.
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

/** An occurrence as the events leave it: `outcome` is null where none ended it up to its deadline; what is said of a missed one, of any. */
export type OccurrenceSoFar<Event extends JourneyEvent = JourneyEvent> = Omit<Occurrence<Event>, 'final'>;

interface Running<Event extends JourneyEvent> extends Omit<OccurrenceSoFar<Event>, 'secondEnds' | 'lacking'> {
  /** When its clock stood still, as far as that is over. */
  stops: Stop[];
  /** Pauses that it is in, by their place in the rule. */
  pausedBy: Set<number>;
  /** When an end of each code came; the empty code where one is enough. */
  had: Map<string, number>;
  seconds: { end: Event; at: number }[];
}

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
    .filter(({ type }) => hears(rule, type))
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

const NONE: readonly never[] = [];

class HandoffRun<Event extends JourneyEvent> {
  private readonly occurrences: Running<Event>[] = [];
  private readonly codes: readonly string[];
  private unmatched = 0;

  constructor(private readonly rule: HandoffRule) {
    this.codes = rule.forEach === undefined ? [''] : [...new Set(rule.forEach.of)];
  }

  take(at: number, group: readonly Event[]): void {
    const waiting = [...group];
    while (waiting.length > 0) {
      const open = this.openAt(at) !== undefined;
      const wanted = open
        ? [this.isEnd, this.isRelease, this.isPause, this.isResumption, this.isStart]
        : [this.isStart, this.isEnd, this.isRelease];
      const index = wanted.map((role) => waiting.findIndex(role)).find((found) => found >= 0) ?? 0;
      const [event] = waiting.splice(index, 1);
      if (event !== undefined) this.apply(at, event);
    }
  }

  private readonly isStart = (event: Event): boolean => event.type === this.rule.start;
  private readonly isEnd = (event: Event): boolean => this.rule.ends.has(event.type);
  private readonly isRelease = (event: Event): boolean => this.rule.unless.has(event.type);
  private readonly isPause = (event: Event): boolean =>
    this.rule.pauses?.some(({ from }) => from === event.type) === true;
  private readonly isResumption = (event: Event): boolean =>
    this.rule.pauses?.some(({ until }) => until === event.type) === true;

  private apply(at: number, event: Event): void {
    const open = this.openAt(at);
    if (this.isEnd(event)) this.end(at, event, open);
    else if (open === undefined) {
      if (this.isStart(event)) this.open(at, event);
    } else if (this.isRelease(event)) this.close(open, 'released', at);
    else if (this.isStart(event)) open.repeated += 1;
    else this.pauseOrRunOn(open, at, event);
  }

  private open(at: number, start: Event): void {
    this.occurrences.push({
      start,
      startedAt: at,
      deadlineAt: handoffDeadline(this.rule, at, []),
      pausedSince: null,
      outcome: null,
      endedAt: null,
      recoveredAt: null,
      recoveredBy: null,
      repeated: 0,
      refused: null,
      stops: [],
      pausedBy: new Set(),
      had: new Map(),
      seconds: [],
    });
  }

  private close(occurrence: Running<Event>, outcome: 'kept' | 'released', at: number): void {
    occurrence.outcome = outcome;
    occurrence.endedAt = at;
    occurrence.pausedSince = null;
  }

  private end(at: number, end: Event, open: Running<Event> | undefined): void {
    const { must = [], exactlyOnce = false } = this.rule;
    const latest = this.occurrences.at(-1);
    const condition = latest && failedCondition(must, latest.start, end);
    if (open !== undefined && condition !== undefined) open.refused = { condition, end };
    const code = this.codeOf(end);
    if (latest === undefined || latest.outcome === 'released' || condition !== undefined || code === undefined) {
      this.unmatched += 1;
    } else if (latest.had.has(code)) {
      if (exactlyOnce) latest.seconds.push({ end, at });
      else this.unmatched += 1;
    } else {
      latest.had.set(code, at);
      if (latest.had.size < this.codes.length) return;
      if (open !== undefined) this.close(open, 'kept', at);
      else Object.assign(latest, { recoveredAt: at, recoveredBy: end });
    }
  }

  /** Which of the ends it is that there must be; undefined where it is none of them. */
  private codeOf(end: Event): string | undefined {
    if (this.rule.forEach === undefined) return '';
    const code = fieldOf(end, this.rule.forEach.field);
    return code !== undefined && this.codes.includes(code) ? code : undefined;
  }

  private pauseOrRunOn(open: Running<Event>, at: number, { type }: Event): void {
    const { pauses = [] } = this.rule;
    for (const [index, { until }] of pauses.entries()) if (until === type) open.pausedBy.delete(index);
    for (const [index, { from }] of pauses.entries()) if (from === type) open.pausedBy.add(index);
    const paused = open.pausedBy.size > 0;
    if (paused) open.pausedSince ??= at;
    else if (open.pausedSince !== null) {
      if (open.pausedSince < at) open.stops.push({ from: open.pausedSince, until: at });
      open.pausedSince = null;
      open.deadlineAt = handoffDeadline(this.rule, open.startedAt, open.stops);
    }
  }

  private openAt(at: number): Running<Event> | undefined {
    const latest = this.occurrences.at(-1);
    if (latest?.outcome !== null) return undefined;
    return latest.pausedSince !== null || at <= latest.deadlineAt ? latest : undefined;
  }

  private lackingOf({ had, deadlineAt }: Running<Event>): string[] {
    return this.rule.forEach === undefined ? [] : this.codes.filter((code) => (had.get(code) ?? Infinity) > deadlineAt);
  }

  complete(): { occurrences: readonly OccurrenceSoFar<Event>[]; unmatched: number } {
    const occurrences = this.occurrences.map((running): OccurrenceSoFar<Event> => {
      const { stops: _stops, pausedBy: _pausedBy, had: _had, seconds, ...rest } = running;
      return { ...rest, lacking: this.lackingOf(running), secondEnds: seconds.map(({ end }) => end) };
    });
    return { occurrences, unmatched: this.unmatched };
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
    // Members one by one, always the same ones in the same order: this runs for every occurrence of every journey that is looked at.
    const occurrences = this.occurrences.map((running): Occurrence<Event> => {
      const final = running.pausedSince === null && settled(running.endedAt ?? running.deadlineAt);
      const missed = running.outcome === null && final;
      const recovered = running.recoveredAt !== null && settled(running.recoveredAt);
      return {
        start: running.start,
        startedAt: running.startedAt,
        deadlineAt: running.deadlineAt,
        pausedSince: running.pausedSince,
        repeated: running.repeated,
        outcome: missed ? 'missed' : running.outcome,
        endedAt: missed ? running.deadlineAt : running.endedAt,
        final,
        recoveredAt: recovered ? running.recoveredAt : null,
        recoveredBy: recovered ? running.recoveredBy : null,
        refused: missed ? running.refused : null,
        lacking: missed ? this.lackingOf(running) : NONE,
        secondEnds:
          running.seconds.length === 0 ? NONE : running.seconds.filter(({ at }) => settled(at)).map(({ end }) => end),
      };
    });
    return { occurrences, unmatched: this.unmatched, nextChangeAt };
  }
}
