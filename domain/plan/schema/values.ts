import { z } from 'zod';
import { KEY } from '../../sides/key-grammar';
import { parseDuration } from '../../time/duration';
import type { LintCode } from '../lint/lint-catalogue';
import { namesNobody, saysNothing } from './no-answer';

/** Buckets a split is counted in: 100,000, so that one bucket is a thousandth of a percent. Never changes: it decides who moves. */
export const BUCKETS = 100_000;

/** The longest duration that a plan may declare, in milliseconds. */
const LONGEST = 366 * 86_400_000;

/**
 * A list of the plan, of at least `minimum` entries. Bounded, since what a plan says is carried and compared many times over; real
 * plans are far below.
 */
export function list<Item extends z.ZodType>(item: Item, minimum = 1, maximum = 200) {
  return z.array(item).min(minimum).max(maximum);
}

/** For a check of a schema's own: what lint finds it by. */
export function lintAs(lint: LintCode): { params: { lint: LintCode } } {
  return { params: { lint } };
}

/** The codes or values that may stand for something. */
export function codes() {
  return list(codedValue, 1, 1_000);
}

/** A message for a value of the wrong kind; a missing value keeps the message that names what is missing. */
function unlessMissing(message: string) {
  return (issue: { input?: unknown }): string | undefined => (issue.input === undefined ? undefined : message);
}

/** Text of one kind, checked by a pattern; every failure has the one message that says what to write. */
function written(pattern: RegExp, message: string) {
  return z.string({ error: unlessMissing(message) }).regex(pattern, message);
}

/** Names that every JavaScript object answers to (`constructor`): as a key they would look declared where they are not. */
function inherited(name: string): boolean {
  return name in Object.prototype;
}

const IDENTIFIER = /^[a-z][a-z0-9-]{0,62}$/;
const IDENTIFIER_MESSAGE =
  "Write lower-case letters, digits and hyphens, starting with a letter, at most 63 characters, such as 'payment-not-routed'.";

export const identifier = written(IDENTIFIER, IDENTIFIER_MESSAGE);

/** Phases keep the field's camel case (`frontDoor`), since they name workflow types and flag keys. */
export const phaseIdentifier = written(
  /^[a-z][A-Za-z0-9-]{0,62}$/,
  "Write letters, digits and hyphens, starting with a lower-case letter, at most 63 characters, such as 'providerRouting'.",
);

/** The key of a unit. What is no key may be somebody's name: it is never quoted. */
export const unitKey = written(
  KEY,
  'Write a key: a prefix that the plan declares, an underscore, and a UUID or base32 text of 16 to 52 characters. Never a name, an address or a number of a person.',
);

export const eventType = written(
  /^[A-Za-z][A-Za-z0-9._-]{0,127}$/,
  "Write letters, digits, dots, hyphens and underscores, starting with a letter, such as 'payment.succeeded'.",
);

/** What a system is asked to do: a code, never a text. */
export const commandName = written(
  /^[a-z][A-Za-z0-9._-]{0,62}$/,
  "Write a code of letters, digits, dots, hyphens and underscores, starting with a lower-case letter, at most 63 characters, such as 'review.assign'.",
);

/** The name of a field of an event's data, or of an attribute. */
export const fieldName = written(
  /^[a-z][A-Za-z0-9]{0,62}$/,
  "Write letters and digits, starting with a lower-case letter, at most 63 characters, such as 'visitType'.",
).refine((name) => !inherited(name), { error: 'Choose another name; this one is reserved.', ...lintAs('WH110') });

/** One code of a coded value: no free text passes through an event or an attribute. */
export const codedValue = written(
  /^[A-Za-z0-9._:-]{1,64}$/,
  'Write a code of letters, digits, dots, colons, hyphens and underscores, at most 64 characters; put it in quotes if it reads as a number, a date, true or false.',
);

const DURATION = "Write a duration such as '90s', '10m', '24h', '3d' or '1d 12h', above zero and at most 366 days.";

/** A duration as `90s`, `10m`, `24h`, `3d`, `2w`, `1d 12h`; milliseconds once parsed. */
export const duration = written(
  /^\d{1,9}(\.\d{1,3})?(ms|s|m|h|d|w)( \d{1,9}(\.\d{1,3})?(ms|s|m|h|d|w)){0,5}$/,
  DURATION,
).transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds <= 0 || milliseconds > LONGEST) {
    context.addIssue({ code: 'custom', message: DURATION });
    return z.NEVER;
  }
  return milliseconds;
});

const DAYS_KEPT = "Write whole days such as '400d', from '30d' to '36500d'.";
const DAY = 24 * 60 * 60_000;

/** How long something is kept, in whole days, as `400d`; milliseconds once parsed. People ask about what came last month. */
export const daysKept = written(/^\d{1,5}d$/, DAYS_KEPT).transform((text, context) => {
  const days = Number(text.slice(0, -1));
  if (days < 30 || days > 36_500) {
    context.addIssue({ code: 'custom', message: DAYS_KEPT });
    return z.NEVER;
  }
  return days * DAY;
});

const PERCENTAGE = "Write a percentage from '0%' to '100%', with three decimals at most, such as '2.5%'.";

/** A percentage as `25%` or `2.5%`; a share of BUCKETS once parsed. */
export const share = z
  .string({ error: ({ input }) => (input === undefined ? undefined : `${PERCENTAGE}${percentageMeant(input)}`) })
  .regex(/^\d{1,3}(\.\d{1,3})?%$/, { error: ({ input }) => `${PERCENTAGE}${percentageMeant(input)}` })
  .transform((text, context) => {
    const buckets = Math.round((Number(text.slice(0, -1)) / 100) * BUCKETS);
    if (!(buckets >= 0 && buckets <= BUCKETS)) {
      context.addIssue({ code: 'custom', message: PERCENTAGE });
      return z.NEVER;
    }
    return buckets;
  });

/** ` Did you mean '95%'?` of 95, '95', '95 %' and 0.95; nothing of what is no such number, or of 1, which may be either. */
function percentageMeant(input: unknown): string {
  const written = typeof input === 'number' ? String(input) : typeof input === 'string' ? input.trim() : '';
  const [, digits, sign] = /^(\d{0,3}(?:\.\d{1,5})?) ?(%?)$/.exec(written) ?? [];
  if (digits === undefined || digits === '') return '';
  const number = Number(digits);
  if (number > 100 || (number === 1 && sign === '')) return '';
  const percent = Number((number < 1 && sign === '' ? number * 100 : number).toFixed(3));
  return ` Did you mean '${percent}%'?`;
}

/** A rate as `97%`; a proportion from 0 to 1 once parsed. */
export const rate = share.transform((buckets) => buckets / BUCKETS);

const EXACTLY_ONE = 'Write the id of exactly one.';

/** A declared answer: an identifier that is not 'tbd', 'both' or '?' (R2). */
export const decided = z
  .string({ error: unlessMissing(EXACTLY_ONE) })
  .superRefine(isDecided)
  .meta({ pattern: IDENTIFIER.source });

function isDecided(name: string, context: z.core.$RefinementCtx): void {
  if (namesNobody(name)) {
    context.addIssue({
      code: 'custom',
      message: 'Name exactly one; a plan cannot start while this is undecided.',
      ...lintAs('WH108'),
    });
  } else if (!IDENTIFIER.test(name)) {
    context.addIssue({ code: 'custom', message: IDENTIFIER_MESSAGE });
  }
}

/** Stands for an answer of the stack map that is still to come; a plan has it only for as long as that is waived (R2). */
export const UNDECIDED = 'tbd';

function isToCome(name: string): boolean {
  return /^(tbd|tba|tbc|to be (decided|determined|confirmed))$/i.test(name.trim());
}

/** An answer of the stack map: decided, or said to be decided later. What is no answer at all is refused like elsewhere. */
export const answer = z
  .string({ error: unlessMissing(EXACTLY_ONE) })
  .superRefine((name, context) => {
    if (!isToCome(name)) isDecided(name, context);
  })
  .meta({ pattern: `^(TBD|${IDENTIFIER.source.slice(1, -1)})$` })
  .transform((name) => (isToCome(name) ? UNDECIDED : name));

/** Text for people. Nothing of a patient belongs in it. */
export const text = z
  .string({ error: unlessMissing('Write text here; put it in quotes if it reads as a number, a date, true or false.') })
  .trim()
  .min(1, 'Write some text here.')
  .max(500, 'Write 500 characters at most.')
  .refine((value) => !/[^\P{Cc}\n\t]|\p{Cs}/u.test(value), 'Leave out control characters.');

/** A reason that is one: not 'tbd' or '?' (R1, R2). */
export const reason = text.refine((value) => !saysNothing(value), {
  error: 'Write the reason; a plan cannot start without it.',
  ...lintAs('WH109'),
});

/** Text that people act on: what is done, how, and what shows it. */
export const instruction = text.refine((value) => !saysNothing(value), {
  error: 'Say what is meant, so that somebody can act on it on the day.',
  ...lintAs('WH109'),
});

/** A time of day on the wall clock of a zone: `09:00`; `24:00` is the end of the day. */
export const timeOfDay = written(
  /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/,
  "Write a time of day from '00:00' to '24:00', in quotes, such as '09:00'.",
);

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export const weekday = z.enum(WEEKDAYS);

const DATE = "Write a date that there is, as '2027-11-25'.";

/** A day of the calendar: `2027-11-25`. */
export const calendarDate = written(/^\d{4}-\d{2}-\d{2}$/, DATE).refine((day) => {
  const read = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day);
}, DATE);

const ZONE =
  "Write a time zone by its IANA name, such as 'America/New_York', or 'UTC'; an abbreviation has no summer time.";

/** A time zone by its IANA name. */
export const timeZone = written(/^(UTC|[A-Za-z_]+(\/[A-Za-z0-9_+-]+){1,2})$/, ZONE).refine(isTimeZone, ZONE);

/** Zones that there are: asking for one costs a millisecond, and there are some hundreds. */
const known = new Set<string>();

function isTimeZone(name: string): boolean {
  if (known.has(name)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    known.add(name);
    return true;
  } catch {
    return false;
  }
}

/** Business time: `24bh` is so many hours of those in which a calendar is open, `2bd` so many of its days. Stays as it is written. */
export const businessTime = written(
  /^[1-9]\d{0,3}(bh|bd)$/,
  "Write business hours or business days, such as '24bh' or '2bd'.",
);
