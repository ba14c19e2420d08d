import type { ErrorRequestHandler } from 'express';
import type { z } from 'zod';
import { DomainError } from '../domain/domain-error';

/** What was sent to the sandbox is not what it takes. Names fields, never values. */
export class BadSandboxRequest extends DomainError {
  readonly code = 'bad-sandbox-request';
  readonly status = 400;
  constructor(problems: readonly string[]) {
    super(`This request cannot be read: ${problems.join(' ')}`);
  }
}

/** @throws BadSandboxRequest with every problem at once */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new BadSandboxRequest(
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`),
  );
}

/** Answers failures as problem details (RFC 9457). */
export const answerFailure: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const failure = error instanceof DomainError ? error : undefined;
  const read = failure === undefined && isReadFailure(error);
  const status = failure?.status ?? (read ? error.status : 500);
  response
    .status(status)
    .type('application/problem+json')
    .send({
      type: `urn:warm-handoff:${failure?.code ?? (read ? 'bad-sandbox-request' : 'unexpected')}`,
      title: failure?.name ?? (read ? 'BadSandboxRequest' : 'Unexpected'),
      status,
      code: failure?.code ?? (read ? 'bad-sandbox-request' : 'unexpected'),
      detail:
        failure?.message ?? (read ? 'Send a JSON body of at most 100 kB.' : 'The sandbox failed; its log says more.'),
    });
};

/** Express's own errors of reading a body carry the status to answer with. */
function isReadFailure(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500;
}
