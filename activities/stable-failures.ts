import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DomainError } from '../domain/domain-error';
import { aroundActivities } from './around-activities';

/**
 * Turns what the product names as a failure into one that Temporal does not retry, its code as the stable type. One that says that
 * it is retryable, and anything else (a connection that broke), is repeated as the caller's retry policy says.
 */
export function withStableFailures<Given extends object>(activities: Given): Given {
  return aroundActivities(activities, async (call) => {
    try {
      return await call();
    } catch (error) {
      if (error instanceof DomainError) {
        const { message, code, retryable } = error;
        throw ApplicationFailure.create({ message, type: code, nonRetryable: !retryable });
      }
      if (error instanceof ApplicationFailure || error instanceof CancelledFailure) throw error;
      // Temporal keeps failures in the clear, and a driver's message may quote a row: only the class and the code go there (I15).
      const code = error instanceof Error && 'code' in error ? ` ${String(error.code)}` : '';
      const name = error instanceof Error ? error.name : 'a thrown value';
      throw ApplicationFailure.create({ message: `${name}${code}`, type: 'unexpected', nonRetryable: false });
    }
  });
}
