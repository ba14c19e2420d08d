import type { PlanCalendar } from '../../../domain/plan/plan-schema';
import type { Standstill } from './recount-handoff';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** A calendar that opens less often than this is not counted. */
const FARTHEST = 400 * DAY;

/** The days whose hours a minute is in: ISO dates, none where it is closed. */
type DaysOfMinute = readonly string[];

interface WallMinute {
  date: string;
  /** `HH:MM` */
  time: string;
}

/** A calendar as it is read aloud: each minute is open or closed by the clock on the wall of its zone, which `Intl` tells. */
export class OpenMinutes {
  private readonly wall: Intl.DateTimeFormat;
  private readonly days = new Map<number, DaysOfMinute>();
  private readonly walls = new Map<number, WallMinute>();

  constructor(private readonly calendar: PlanCalendar) {
    this.wall = new Intl.DateTimeFormat('en-CA', {
      ...{ timeZone: calendar.timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit' },
    });
  }

  /** When so many open hours are over after that moment, but for those in which the clock stands still; undefined where they never are. */
  hoursAfter(from: number, hours: number, stops: readonly Standstill[]): number | undefined {
    let left = hours * 60 * MINUTE;
    for (let minute = floor(from); minute < from + FARTHEST; minute += MINUTE) {
      if (this.daysOf(minute).length === 0) continue;
      for (const [begin, end] of without(Math.max(minute, from), minute + MINUTE, stops)) {
        if (left <= end - begin) return begin + left;
        left -= end - begin;
      }
    }
    return undefined;
  }

  /** When the so-manieth open day after that one ends, but for those that end while the clock stands still; undefined where it never does. */
  daysAfter(from: number, days: number, stops: readonly Standstill[]): number | undefined {
    const { date: today } = this.wallOf(from);
    const ends = new Map<string, number>();
    let left = days;
    for (let minute = floor(from); minute < from + FARTHEST; minute += MINUTE) {
      const of = this.daysOf(minute);
      for (const day of of) if (day > today) ends.set(day, minute + MINUTE);
      // A day's hours reach into the one after it at most.
      const before = dateBefore(this.wallOf(minute).date);
      for (const [day, end] of ends) {
        if (day > before || (day === before && of.includes(day))) continue;
        if (day === before && this.reachesOver(day, minute)) continue;
        ends.delete(day);
        if (stops.some((stop) => stop.from <= end && end < stop.until)) continue;
        left -= 1;
        if (left === 0) return end;
      }
    }
    return undefined;
  }

  /** Whether hours of the day before go on later on the day of this minute. */
  private reachesOver(day: string, minute: number): boolean {
    const { date, time } = this.wallOf(minute);
    return this.hoursOf(day).some((hours) => hours.to <= hours.from && !this.isClosed(date) && time < hours.to);
  }

  private daysOf(minute: number): DaysOfMinute {
    const known = this.days.get(minute);
    if (known !== undefined) return known;
    const { date, time } = this.wallOf(minute);
    const before = dateBefore(date);
    const overnight = ({ from, to }: { from: string; to: string }): boolean => to <= from;
    const today = this.hoursOf(date).some((one) => one.from <= time && (overnight(one) || time < one.to));
    const yesterday = !this.isClosed(date) && this.hoursOf(before).some((one) => overnight(one) && time < one.to);
    const found = [...(today ? [date] : []), ...(yesterday ? [before] : [])];
    this.days.set(minute, found);
    return found;
  }

  private hoursOf(date: string): PlanCalendar['open'] {
    if (this.isClosed(date)) return [];
    const weekday = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date(`${date}T00:00:00Z`).getUTCDay()];
    return this.calendar.open.filter(({ days }) => days.some((day) => day === weekday));
  }

  private isClosed(date: string): boolean {
    const { closed = [] } = this.calendar;
    return closed.some((one) => {
      if (!('lastDaysOfMonth' in one)) return one.from <= date && date <= one.to;
      const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
      return day > new Date(Date.UTC(year, month, 0)).getUTCDate() - one.lastDaysOfMonth;
    });
  }

  private wallOf(at: number): WallMinute {
    const minute = floor(at);
    const known = this.walls.get(minute) ?? this.readWall(minute);
    this.walls.set(minute, known);
    return known;
  }

  private readWall(at: number): WallMinute {
    const parts = new Map(this.wall.formatToParts(at).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
    return {
      date: `${part('year')}-${part('month')}-${part('day')}`,
      time: `${part('hour')}:${part('minute')}`,
    };
  }
}

function floor(at: number): number {
  return Math.floor(at / MINUTE) * MINUTE;
}

function dateBefore(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - DAY).toISOString().slice(0, 10);
}

/** What is left of a time when the standstills are taken out. */
function without(from: number, until: number, stops: readonly Standstill[]): [number, number][] {
  const cuts = stops.filter((stop) => stop.from < until && stop.until > from).sort((a, b) => a.from - b.from);
  const left: [number, number][] = [];
  let begin = from;
  for (const stop of cuts) {
    if (stop.from > begin) left.push([begin, stop.from]);
    begin = Math.max(begin, stop.until);
  }
  if (begin < until) left.push([begin, until]);
  return left;
}
