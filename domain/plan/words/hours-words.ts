import type { OpenHours } from '../open-hours';
import { WEEKDAYS } from '../schema/values';

/** Days and hours of a week: `every day 08:00 to 20:00`, `tue, wed, thu 09:00 to 15:00`. */
export function hoursWords({ days, from, to }: OpenHours): string {
  const all = WEEKDAYS.every((day) => days.includes(day));
  return `${all ? 'every day' : days.join(', ')} ${from} to ${to}`;
}
