import { DomainError } from '../domain-error';
import { holdsContactDetail } from '../phase/reason';

/** What shows that one step of a queue's path was done: where to look it up. */
export interface StepEvidence {
  /** From 1, in the order of the path. */
  step: number;
  /** An id in another system. */
  reference: string;
}

const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._:/#-]{2,119}$/;

/** Seven to fifteen digits with nothing but separators between them: a telephone number, for all that anybody can tell. */
const BARE_NUMBER = /^(?:[-./:#]*\d){7,15}[-./:#]*$/;

/** Whether a text is an id in another system, and neither a way to reach somebody nor words: ids hold a digit (I15). */
export function isReference(text: string): boolean {
  return REFERENCE.test(text) && /\d/.test(text) && !BARE_NUMBER.test(text) && !holdsContactDetail(text);
}

export const REFERENCE_RULE =
  "Give an id in another system, such as 'ticket-4711' or 'charge:ch_19a': 3 to 120 letters, digits and . _ : / # -, with a digit in it. Never a " +
  'name, an email address, a telephone number or other text.';

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
