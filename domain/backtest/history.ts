import type { Fields } from '../handoffs/failed-condition';
import type { JourneyEvent } from '../handoffs/match-handoffs';
import { GrowingColumn } from './growing-column';

/** When an event of a log was. Those that are equal in all three go by the order of the log. */
export interface LogMoment {
  /** Milliseconds since 1970. */
  time: number;
  /** Breaks ties of time first, as live. */
  sequence: number;
  /** Past that millisecond. */
  nanoseconds: number;
}

/** Stands for a field that an event does not have. */
const NO_VALUE = -1;

/**
 * What a log says of its journeys, some 26 bytes an event and 4 more for each field that a handoff reads: so a log may be in any order, grouped by case or sorted by time. Holds
 * the events that some handoff listens to or some gate looks for; of the others only when they were.
 */
export class History {
  private readonly journeyNumbers = new Map<string, number>();
  private readonly typeNumbers = new Map<string, number>();
  private readonly typeNames: string[] = [];
  private readonly times = GrowingColumn.of((length) => new Float64Array(length));
  private readonly sequences = GrowingColumn.of((length) => new Float64Array(length));
  private readonly nanoseconds = GrowingColumn.of((length) => new Int32Array(length));
  private readonly journeyOf = GrowingColumn.of((length) => new Int32Array(length));
  private readonly typeOf = GrowingColumn.of((length) => new Uint16Array(length));
  private readonly valueNumbers = new Map<string, number>();
  private readonly values: string[] = [];
  private readonly fields: readonly { name: string; values: GrowingColumn<Int32Array> }[];
  private events = 0;
  private earlier = 0;
  private firstTime = Infinity;
  private lastTime = -Infinity;
  private newest: LogMoment = { time: -Infinity, nanoseconds: 0, sequence: 0 };

  /** @param fields the names of those that are kept of an event */
  constructor(fields: Iterable<string> = []) {
    this.fields = [...fields].map((name) => ({ name, values: GrowingColumn.of((length) => new Int32Array(length)) }));
  }

  /** Gives the number of its journey. @param heard whether a handoff listens to its type, or a gate looks for it */
  add(journey: string, type: string, heard: boolean, moment: LogMoment, data: Fields = {}): number {
    const { time, nanoseconds, sequence } = moment;
    this.events += 1;
    if ((time - this.newest.time || nanoseconds - this.newest.nanoseconds) < 0) this.earlier += 1;
    this.newest = moment;
    this.firstTime = Math.min(this.firstTime, time);
    this.lastTime = Math.max(this.lastTime, time);
    const number = numberOf(this.journeyNumbers, journey);
    if (!heard) return number;
    const typeNumber = numberOf(this.typeNumbers, type);
    this.typeNames[typeNumber] ??= type;
    this.times.push(time);
    this.sequences.push(sequence);
    this.nanoseconds.push(nanoseconds);
    this.journeyOf.push(number);
    this.typeOf.push(typeNumber);
    for (const { name, values } of this.fields) values.push(this.numberOfValue(data[name]));
    return number;
  }

  private numberOfValue(value: Fields[string] | undefined): number {
    if (value === undefined) return NO_VALUE;
    const number = numberOf(this.valueNumbers, String(value));
    this.values[number] ??= String(value);
    return number;
  }

  /** Of the whole log, whatever their type. `earlier`: how many are earlier than the event before them. */
  get extent(): { events: number; journeys: number; firstAt: number; lastAt: number; earlier: number } {
    return {
      events: this.events,
      journeys: this.journeyNumbers.size,
      firstAt: this.firstTime,
      lastAt: this.lastTime,
      earlier: this.earlier,
    };
  }

  /** The journeys, in the order in which the log first names them: each by its number. */
  names(): string[] {
    return [...this.journeyNumbers.keys()];
  }

  /** Each journey with events that are held, with those. */
  *journeys(): Generator<{ number: number; events: JourneyEvent[] }> {
    const { order, begins } = this.byJourney();
    for (let number = 0; number < this.journeyNumbers.size; number += 1) {
      const rows = order.subarray(begins[number] ?? 0, begins[number + 1] ?? 0).sort(this.byMoment);
      if (rows.length > 0) yield { number, events: Array.from(rows, (row, place) => this.eventAt(row, place)) };
    }
  }

  /** Rows are numbered as the log has them. */
  private readonly byMoment = (a: number, b: number): number =>
    this.times.at(a) - this.times.at(b) ||
    this.sequences.at(a) - this.sequences.at(b) ||
    this.nanoseconds.at(a) - this.nanoseconds.at(b) ||
    a - b;

  /** @param place among the events of its journey: no two of a history are without an order */
  private eventAt(row: number, place: number): JourneyEvent {
    const time = this.times.at(row);
    return {
      type: this.typeNames[this.typeOf.at(row)] ?? '',
      time,
      // Nothing in a history is late.
      receivedAt: time,
      sequence: place,
      identity: String(row),
      ...(this.fields.length > 0 && { data: this.dataAt(row) }),
    };
  }

  private dataAt(row: number): Fields {
    const data: Record<string, string> = {};
    for (const { name, values } of this.fields) {
      const value = this.values[values.at(row)];
      if (value !== undefined) data[name] = value;
    }
    return data;
  }

  /** Rows sorted by journey, and where each journey's begin: a counting sort. */
  private byJourney(): { order: Int32Array; begins: Int32Array } {
    const begins = new Int32Array(this.journeyNumbers.size + 1);
    for (let row = 0; row < this.journeyOf.length; row += 1) {
      const next = this.journeyOf.at(row) + 1;
      begins[next] = (begins[next] ?? 0) + 1;
    }
    for (let number = 1; number < begins.length; number += 1) {
      begins[number] = (begins[number] ?? 0) + (begins[number - 1] ?? 0);
    }
    const free = begins.slice();
    const order = new Int32Array(this.journeyOf.length);
    for (let row = 0; row < this.journeyOf.length; row += 1) {
      const number = this.journeyOf.at(row);
      const place = free[number] ?? 0;
      order[place] = row;
      free[number] = place + 1;
    }
    return { order, begins };
  }
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}
