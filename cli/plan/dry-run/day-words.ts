import { DateTime } from 'luxon';

/** What is said of a moment that has no date. */
export const NO_DATE = 'no date';

/** Days and times on the wall clock of one zone. */
export class DayWords {
  constructor(private readonly zone: string) {}

  /** `Tue 2 Feb 2027, 09:00`. */
  moment(at: Date | null): string {
    return this.write(at, 'ccc d LLL yyyy, HH:mm');
  }

  /** `Tue 2 Feb 2027`. */
  day(at: Date | null): string {
    return this.write(at, 'ccc d LLL yyyy');
  }

  /** The day that ends at a moment, or in which it lies. */
  lastDay(until: Date | null): string {
    return this.day(until === null ? null : new Date(until.getTime() - 1));
  }

  /** `09:00`. */
  time(at: Date): string {
    return this.write(at, 'HH:mm');
  }

  private write(at: Date | null, format: string): string {
    if (at === null) return NO_DATE;
    return DateTime.fromJSDate(at, { zone: this.zone }).setLocale('en').toFormat(format);
  }
}
