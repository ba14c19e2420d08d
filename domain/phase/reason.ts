/** Length of a reason, in code points. */
export const REASON_LENGTH = 500;

/**
 * How much of a text is searched for contact details, in UTF-16 units: more than a reason and the longest email address together,
 * and a bound on the search, whose time grows with the square of it.
 */
const SEARCHED = 2 * REASON_LENGTH + 400;

/** What looks like an email address, or like a telephone number: international, in groups of 3-3-4, or 10 or 11 digits in a row. */
const CONTACT_DETAIL =
  /[^\s@]+@[^\s@]+\.[^\s@]+|\+\d(?:[\s().-]{0,2}\d){7,14}\b|(?:\(\d{3}\)|\b\d{3})[\s.-]?\d{3}[\s.-]\d{4}\b|\b1?\d{10}\b/;

/** Control characters, halves of surrogate pairs, line separators, and what turns the direction of a line that people read. */
const UNREADABLE = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u;
const EVERY_UNREADABLE = new RegExp(UNREADABLE, 'gu');

/** Whether a text holds a way to reach somebody, within as much of it as a reason can keep (I15). */
export function holdsContactDetail(text: string): boolean {
  return CONTACT_DETAIL.test(text.slice(0, SEARCHED));
}

/** Whether a text holds what a screen, a log or Postgres cannot carry as it is: control characters and broken Unicode. */
export function holdsUnreadable(text: string): boolean {
  return UNREADABLE.test(text);
}

/**
 * What may be kept of a reason that nobody could refuse, such as a plain signal's: unreadable characters are dropped, the rest is cut
 * at REASON_LENGTH; `undefined` where nothing is left or where it holds a way to reach somebody.
 */
export function keepReason(text: string): string | undefined {
  // Twice: a dropped character must neither hide an address by standing in it nor join it to the word before.
  const readable = text.replace(EVERY_UNREADABLE, '').trim();
  if (holdsContactDetail(text.replace(EVERY_UNREADABLE, ' ').trim()) || holdsContactDetail(readable)) return undefined;
  const kept = Array.from(readable.slice(0, SEARCHED)).slice(0, REASON_LENGTH).join('').trimEnd();
  return kept === '' ? undefined : kept;
}
