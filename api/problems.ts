import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { DomainError } from '../domain/domain-error';
import type { Logger } from '../platform/logger';
import { describeFailure } from '../platform/describe-failure';
import { isOutOfReach } from '../store/out-of-reach';
import { routePattern } from './route-pattern';

/** An answer that says what went wrong and what to do: RFC 9457. Nothing in it was received. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /** What is wrong one by one: of a plan with line and column, of a request with its field. */
  problems?: readonly unknown[];
  /** Finds the failure in the log. Only where nobody foresaw it. */
  correlationId?: string;
}

/** A request's body, query or header is not what the operation takes; all that is wrong at once. */
export class BadRequest extends DomainError {
  readonly code = 'bad-request';
  readonly status = 400;
  constructor(readonly problems: readonly { path: string; message: string }[]) {
    super('The request is not what this operation takes. Mend what is listed, then send it again.');
  }
}

export class UnknownRoute extends DomainError {
  readonly code = 'unknown-route';
  readonly status = 404;
  constructor() {
    super('There is nothing at this path. The operations are listed in docs/api.md.');
  }
}

export class MethodNotAllowed extends DomainError {
  readonly code = 'method-not-allowed';
  readonly status = 405;
  constructor(readonly allowed: readonly string[]) {
    super(`This path takes ${allowed.join(', ')} only.`);
  }
}

export class UnsupportedMediaType extends DomainError {
  readonly code = 'unsupported-media-type';
  readonly status = 415;
  constructor(takes: readonly string[]) {
    super(`Send the body as ${takes.join(' or ')}, and name it in Content-Type.`);
  }
}

/** Postgres does not answer: nothing was read, and nothing was kept. */
export class PostgresUnreachable extends DomainError {
  readonly code = 'postgres-unreachable';
  readonly status = 503;
  constructor() {
    super('Postgres does not answer, so this was not done. Repeat it when Postgres is back; /readyz says when it is.');
  }
}

/** Checks something received. @throws BadRequest naming every field that is wrong, and no value */
export function readRequest<Schema extends z.ZodType>(schema: Schema, received: unknown): z.output<Schema> {
  const parsed = schema.safeParse(received);
  if (parsed.success) return parsed.data;
  throw new BadRequest(problemsOf(parsed.error));
}

/** Ends the routing of a path that exists for other methods. */
export function onlyMethods(...allowed: string[]): RequestHandler {
  return () => {
    throw new MethodNotAllowed(allowed);
  };
}

export const unknownRoute: RequestHandler = () => {
  throw new UnknownRoute();
};

/** Answers every failure of every route; logs those that nobody foresaw, without anything received. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = problemOf(error);
    if (known !== undefined) {
      if (error instanceof MethodNotAllowed) response.setHeader('Allow', error.allowed.join(', '));
      sendProblem(response, known);
      return;
    }
    const correlationId = randomUUID();
    logger.error(
      { correlationId, method: request.method, route: routePattern(request), failure: describeFailure(error) },
      'request failed',
    );
    sendProblem(response, {
      ...problem(
        'internal-error',
        500,
        'Something failed that nobody foresaw. Repeat the request; if it fails again, look for the correlation id in the log of the API.',
      ),
      correlationId,
    });
  };
}

/** The answer to a failure that has one; undefined for a failure nobody foresaw. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof DomainError) return { ...problem(error.code, error.status, error.message), ...listed(error) };
  if (error instanceof z.ZodError) return problemOf(new BadRequest(problemsOf(error)));
  if (isParserError(error)) return parserProblem(error);
  if (isOutOfReach(error)) return problemOf(new PostgresUnreachable());
  return undefined;
}

export function sendProblem(response: Response, answer: Problem): void {
  if (answer.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (answer.status === 503) response.setHeader('Retry-After', '5');
  response.status(answer.status).type('application/problem+json').send(JSON.stringify(answer));
}

function problem(code: string, status: number, detail: string): Problem {
  const words = code.replaceAll('-', ' ');
  return {
    type: `urn:warm-handoff:${code}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status,
    detail,
    code,
  };
}

function listed(error: DomainError): { problems?: readonly unknown[] } {
  const problems: unknown = 'problems' in error ? error.problems : undefined;
  return Array.isArray(problems) ? { problems } : {};
}

function problemsOf(error: z.ZodError): { path: string; message: string }[] {
  return error.issues.map((issue) => ({
    path: issue.path.map(String).join('.') || 'body',
    // zod's own message names the keys that were received.
    message:
      issue.code === 'unrecognized_keys'
        ? `Remove ${issue.keys.length === 1 ? 'the field' : `the ${issue.keys.length} fields`} that this operation does not know.`
        : issue.message,
  }));
}

/** What body-parser and the router throw: http-errors with a `type` of their own, or a bare status. */
interface ParserError extends Error {
  status: number;
  type?: string;
}

function isParserError(error: unknown): error is ParserError {
  if (!(error instanceof Error) || !('status' in error)) return false;
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}

function parserProblem(error: ParserError): Problem {
  switch (error.type) {
    case 'entity.too.large':
      return problem(
        'body-too-large',
        413,
        'The body is larger than this operation takes (1 MiB). Send less at a time.',
      );
    case 'entity.parse.failed':
      return problem('malformed-json', 400, 'The body is not well-formed JSON. Nothing of it was kept.');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return problem('unsupported-media-type', 415, 'Send the body as UTF-8, plain or with gzip.');
    case 'request.aborted':
    case 'request.size.invalid':
      return problem('incomplete-body', 400, 'The body ended before it was complete. Send it again.');
    case undefined:
    default:
      return problem('bad-request', error.status, 'The request could not be read. Check its path and its headers.');
  }
}
