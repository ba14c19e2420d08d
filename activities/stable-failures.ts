import { ApplicationFailure } from '@temporalio/common';
import { DomainError } from '../domain/domain-error';

type Activities = Record<string, (...args: never[]) => Promise<unknown>>;

/**
 * Turns what the product names as a failure into one that Temporal does not retry, its code as the stable type. Anything else
 * (a connection that broke) is repeated as the caller's retry policy says.
 */
export function withStableFailures<Given extends object>(activities: Given): Given {
  const wrapped = Object.entries(activities as Activities).map(([name, activity]) => [
    name,
    async (...args: never[]): Promise<unknown> => {
      try {
        return await activity(...args);
      } catch (error) {
        if (error instanceof DomainError) throw ApplicationFailure.nonRetryable(error.message, error.code);
        throw error;
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Given;
}
