import { ApplicationFailure } from '@temporalio/workflow';

const FORGED = 'forged-result';

/**
 * What our own worker answered, or what our own API or workflow sent. The payload codec stamps whatever came in plain: somebody with
 * access to Temporal can complete an activity or start a workflow by hand, and no such answer may move patients (I3).
 * @throws ApplicationFailure of type `forged-result`
 */
export function genuine<Given extends object>(given: Given): Given {
  const answer = given as (Given & { unverified?: boolean }) | null | undefined;
  // Nothing at all is no answer of ours either: our own are objects.
  if (answer !== null && answer !== undefined && answer.unverified !== true) return given;
  throw ApplicationFailure.nonRetryable('Something that was not sent by this product was taken for its own.', FORGED);
}

export function isForged(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && error.type === FORGED;
}
