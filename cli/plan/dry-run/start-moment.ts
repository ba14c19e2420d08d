import { InvalidArgumentError } from 'commander';
import { DateTime } from 'luxon';

/** A moment with its zone. @throws InvalidArgumentError, which commander prints as a usage error */
export function startMoment(text: string): Date {
  const read = DateTime.fromISO(text, { setZone: true });
  if (!read.isValid || !/T.*(Z|[+-]\d{2}(:?\d{2})?)$/i.test(text)) {
    throw new InvalidArgumentError("Give a moment with its zone, such as '2027-02-02T14:00Z'.");
  }
  return read.toJSDate();
}
