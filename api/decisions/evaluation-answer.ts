import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Milliseconds } from '../../domain/time/duration';
import { DomainError } from '../../domain/domain-error';
import { describeFailure } from '../../platform/describe-failure';
import type { Logger } from '../../platform/logger';
import { isOutOfReach } from '../../store/out-of-reach';
import { MethodNotAllowed } from '../problems';
import { EvaluationFailed, ofrepErrorCode, SidesOutOfReach, type OfrepErrorCode } from './evaluation-failure';
import { BODY_LIMIT } from './request-bodies';

/** OFREP's answer to an evaluation that failed. */
export interface EvaluationFailure {
  key: string;
  errorCode: OfrepErrorCode;
  errorDetails: string;
}

/** A flat list of header names and values, as `writeHead` takes it without a copy. */
type Headers = readonly string[];

const HEADERS: Headers = [
  ...['Content-Type', 'application/json; charset=utf-8'],
  ...['Cache-Control', 'no-store'],
  ...['X-Content-Type-Options', 'nosniff'],
];

/** Whole seconds: clients read it as a number. */
const RETRY_AFTER = '1';

/** Of a body that is refused, this much more and for this long is thrown away, so that whoever sends it gets to read the answer. */
const LINGER_BYTES = 2 * 1024 * 1024;
const LINGER: Milliseconds = 1_000;

/** JSON, ready to be sent. */
export interface JsonBody {
  readonly text: string;
  readonly encoding: 'latin1' | 'utf8';
  readonly headers: Headers;
}

/** What is in ASCII goes to the socket in one piece with its head, byte for character: a tenth of what an answer from memory costs. */
const ASCII = /^[\x20-\x7e]*$/;

export function jsonBody(content: unknown): JsonBody {
  const text = JSON.stringify(content);
  const isAscii = ASCII.test(text);
  const length = isAscii ? text.length : Buffer.byteLength(text);
  return { text, encoding: isAscii ? 'latin1' : 'utf8', headers: [...HEADERS, 'Content-Length', String(length)] };
}

/** Answers in JSON. `more` are headers of this answer alone. */
export function answerJson(response: ServerResponse, status: number, body: JsonBody, more: Headers = []): void {
  response.writeHead(status, more.length === 0 ? (body.headers as string[]) : [...body.headers, ...more]);
  response.end(body.text, body.encoding);
}

/** The failure as OFREP says it. */
export function failureOf(failure: DomainError, key: string): EvaluationFailure {
  return { key, errorCode: ofrepErrorCode(failure), errorDetails: failure.message };
}

/** Answers a failure; where its request's body was not read to the end, and may be long, the connection ends with it. */
export function answerFailure(
  request: IncomingMessage,
  response: ServerResponse,
  failure: DomainError,
  key: string,
  more: Headers = [],
): void {
  const body = jsonBody(failureOf(failure, key));
  const headers = [...more, ...headersFor(failure)];
  if (request.complete || mayGoOn(request, failure)) {
    answerJson(response, failure.status, body, headers);
    return;
  }
  response.writeHead(failure.status, [...body.headers, ...headers, 'Connection', 'close']);
  response.write(body.text, body.encoding);
  letGo(request, response);
}

/** What a failure is called; one that nobody foresaw is logged, without anything received (I15). */
export function namedFailure(error: unknown, logger: Logger): DomainError {
  if (error instanceof DomainError) return error;
  if (isOutOfReach(error)) return new SidesOutOfReach();
  const correlationId = randomUUID();
  logger.error({ correlationId, failure: describeFailure(error) }, 'an evaluation failed');
  return new EvaluationFailed(correlationId);
}

function headersFor(failure: DomainError): Headers {
  if (failure instanceof MethodNotAllowed) return ['Allow', failure.allowed.join(', ')];
  if (failure.status === 401) return ['WWW-Authenticate', 'Bearer'];
  if (failure.status === 503) return ['Retry-After', RETRY_AFTER];
  return [];
}

/** Whether the connection may be kept: the rest of the body is short, and nothing was wrong with how it came. */
function mayGoOn({ headers }: IncomingMessage, { status }: DomainError): boolean {
  if (status === 408 || status === 413) return false;
  const declared = headers['content-length'];
  return declared === undefined ? headers['transfer-encoding'] === undefined : Number(declared) <= BODY_LIMIT;
}

/** Ends the answer, and with it the connection: once the body ends, or has gone on for too long. Closed at once, a reset could overtake the answer. */
function letGo(request: IncomingMessage, response: ServerResponse): void {
  let left = LINGER_BYTES;
  const end = (): void => {
    clearTimeout(limit);
    response.end();
  };
  const limit = setTimeout(end, LINGER).unref();
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  });
  request.once('end', end);
  request.once('close', end);
  request.resume();
}
