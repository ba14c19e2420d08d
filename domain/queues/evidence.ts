import { DomainError } from '../domain-error';
import { holdsContactDetail } from '../phase/reason';

/** What shows that one step of a queue's path was done: where to look it up. */
export interface StepEvidence {
  /** From 1, in the order of the path. */
  step: number;
  /** An id in another system. */
  reference: string;
}

/** Where the id is known, such as `zendesk:` or `order/`: letters only. */
const SYSTEM = /^[a-z]{2,20}[:/]/;
const SHAPE = /^[A-Za-z0-9]+(?:[-._:/#][A-Za-z0-9]+)*$/;
const SEPARATORS = /[-._:/#]/;
const MOST_SEGMENTS = 4;

const UUID = /(?<![A-Za-z0-9])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![A-Za-z0-9])/gi;

/** What announces a number or name that is a person's own. */
const PERSONAL =
  /^(?:tel|phone|mobile|cell|fax|sms|call|whatsapp|e?mail|ssn|dob|born|birth(?:day|date)?|passport|name|addr(?:ess)?|street|zip)$/i;

/** Numbers with separators between them that have seven digits or more: telephone and social security numbers, dates. */
const SEPARATED_NUMBER = /\d+(?:[-._:/#]+\d+)+/g;
const YEAR_AND_MONTH =
  /(?<!\d)(?:(?:19|20)\d\d[-._:/#](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-._:/#](?:19|20)\d\d)(?!\d)/;
const THREE_SHORT_NUMBERS = /(?<!\d)\d{1,2}[-._:/#]\d{1,2}[-._:/#]\d{2}(?!\d)/;
const DATE_IN_ONE =
  /(?<!\d)(?:(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01]){2}(?:19|20)\d\d)(?!\d)/;

/** Ten digits or more are a telephone number, unless they follow two to four letters as in `ch_1234567890`. */
const LONG_NUMBER = /(?<!\d)(?<!(?<![A-Za-z0-9])[A-Za-z]{2,4}_?)\d{10,}/;
/** So are seven with nothing to say whose they are. */
const BARE_NUMBER = /^\d{7,}$/;

/** One number on one side of letters: those are a code, such as INC0012345, and not words written together. */
const LETTERS_AND_NUMBER = /^(?:\d+([A-Za-z]+)|([A-Za-z]+)\d+)$/;
const CODE = /^(?:[A-Z]{1,8}|[A-Z]?[a-z]{1,7})$/;
/** A word says what kind of id it is, so it is written as one: `ticket-4711`, `OPS-118`. Names have a capital. */
const KIND = /^(?:[A-Z]{3,12}|[a-z]{3,12})$/;
const KIND_WITHIN_SYSTEM = /^[A-Z]{3,12}$/;

/**
 * Whether a text is one opaque id in another system, with that system in front or not; never words, a date, or a number that somebody
 * can be reached or known by (I15). What stands for a person in a single short code cannot be told from an id.
 */
export function isReference(text: string): boolean {
  if (text.length < 3 || text.length > 120) return false;
  const withoutUuids = text.replace(UUID, 'u0');
  if (!SHAPE.test(withoutUuids) || !/\d/.test(withoutUuids)) return false;
  const [system = ''] = SYSTEM.exec(withoutUuids) ?? [];
  return (
    !PERSONAL.test(system.slice(0, -1)) &&
    isOpaque(withoutUuids.slice(system.length), system === '' ? KIND : KIND_WITHIN_SYSTEM) &&
    !readsAsNumberOfSomebody(withoutUuids) &&
    (withoutUuids !== text || !holdsContactDetail(text))
  );
}

/** Not more than one word, which comes first and says what kind of id it is; the rest are numbers and codes. */
function isOpaque(id: string, kind: RegExp): boolean {
  const segments = id.split(SEPARATORS);
  if (segments.length > MOST_SEGMENTS) return false;
  const letters = segments.filter((segment) => /^[A-Za-z]+$/.test(segment));
  const words = letters.filter((segment) => segment.length > 2);
  if (words.length > 1 || letters.length > words.length + 1) return false;
  if (segments.some((segment) => PERSONAL.test(segment.replace(/\d+$/, '')))) return false;
  if (words.some((word) => word !== segments[0] || !kind.test(word))) return false;
  return segments.every((segment) => {
    const [, after, before] = LETTERS_AND_NUMBER.exec(segment) ?? [];
    const code = after ?? before;
    return code === undefined || CODE.test(code);
  });
}

function readsAsNumberOfSomebody(text: string): boolean {
  const separated = text.match(SEPARATED_NUMBER) ?? [];
  return (
    separated.some((number) => number.replace(/\D/g, '').length >= 7) ||
    [YEAR_AND_MONTH, THREE_SHORT_NUMBERS, DATE_IN_ONE, LONG_NUMBER, BARE_NUMBER].some((shape) => shape.test(text))
  );
}

export const REFERENCE_RULE =
  "Give one id in another system, such as 'ticket-4711', 'OPS-118' or 'stripe:ch_19a': 3 to 120 letters, digits and . _ : / # -, with a digit " +
  'in it, and at most one word that says what kind of id it is. Never a name, an address, a telephone number, a date or other text.';

/** A case was to be resolved without showing that each step of its queue's path was done. */
export class EvidenceMissing extends DomainError {
  readonly code = 'evidence-missing';
  readonly status = 400;
  constructor(readonly problems: readonly { path: string; message: string }[]) {
    super("A case is resolved with one reference for each step of its queue's path. Add what is listed.");
  }
}

/**
 * Evidence in the order of the path, one for each of its steps.
 * @throws EvidenceMissing naming every step that lacks it, has it twice, or that there is not
 */
export function completeEvidence(path: readonly string[], evidence: readonly StepEvidence[]): StepEvidence[] {
  const problems: { path: string; message: string }[] = [];
  const complete = path.flatMap((what, index) => {
    const step = index + 1;
    const [given, again] = evidence.filter((one) => one.step === step);
    if (given === undefined) problems.push({ path: `evidence.${step}`, message: `Step ${step} has none: ${what}` });
    if (again !== undefined) problems.push({ path: `evidence.${step}`, message: `Give step ${step} one reference.` });
    return given === undefined ? [] : [{ step, reference: given.reference }];
  });
  if (evidence.some(({ step }) => step > path.length)) {
    problems.push({ path: 'evidence', message: `The path has ${path.length} steps; leave out what is beyond.` });
  }
  if (problems.length > 0) throw new EvidenceMissing(problems);
  return complete;
}

/** A step was noted as done that the path of the case's queue does not have. */
export class NoSuchStep extends DomainError {
  readonly code = 'no-such-step';
  readonly status = 400;
  constructor(steps: number) {
    super(`The path of this case has ${steps} steps. Give the number of one of them.`);
  }
}

/** The evidence so far with one step more, in the order of the path. @throws NoSuchStep */
export function withSteps(
  path: readonly string[],
  before: readonly StepEvidence[],
  done: StepEvidence,
): StepEvidence[] {
  if (done.step > path.length) throw new NoSuchStep(path.length);
  return [...before.filter(({ step }) => step !== done.step), done].sort((a, b) => a.step - b.step);
}
