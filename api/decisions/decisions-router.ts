import { randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { DomainError } from '../../domain/domain-error';
import { InvalidContext } from '../../domain/sides/invalid-context';
import { describeFailure } from '../../platform/describe-failure';
import type { Logger } from '../../platform/logger';
import type { ApiMetrics } from '../../platform/metrics';
import type { Database } from '../../store/database';
import type { MigrationPlans } from '../../store/migration-plans';
import { isOutOfReach } from '../../store/out-of-reach';
import { MethodNotAllowed, onlyMethods } from '../problems';
import { evaluateFlag, type Evaluation } from './evaluate-flag';
import { readContext, type EvaluationContext } from './evaluation-context';
import {
  ContextTooLarge,
  EvaluationFailed,
  MalformedEvaluation,
  ofrepErrorCode,
  SidesOutOfReach,
  type OfrepErrorCode,
} from './evaluation-failure';
import { echoedKey, findFlag, liveFlags, type PhaseFlag } from './find-flag';

/** A context of 64 KiB, and the braces around it. */
const BODY_LIMIT = 64 * 1024 + 64;

export interface DecisionsParts {
  db: Database;
  plans: MigrationPlans;
  /** Lets in who may ask for sides, before a body is read. */
  admit: RequestHandler;
  logger: Logger;
  metrics?: Pick<ApiMetrics, 'decisions'>;
}

interface EvaluationFailure {
  key: string;
  errorCode: OfrepErrorCode;
  errorDetails: string;
}

/**
 * "Which side?", by OFREP 0.3.0.
 *
 * `POST /ofrep/v1/evaluate/flags/{key}`, key `<migration>.<phase>` or `<phase>`: 200 with `legacy` or `target`. `POST
 * /ofrep/v1/evaluate/flags`: every phase of the live migrations whose unit the context names; asking places a unit, in each of them. Errors are
 * OFREP's, with `key`, `errorCode` and `errorDetails`: 400, 404, 413; 401 and 403 before a body is read; 503 while Postgres is out of
 * reach, never a side by default. There is no 429: it would stop every evaluation of that client.
 */
export function decisionsRouter(parts: DecisionsParts): Router {
  const { db, plans, admit, logger, metrics } = parts;
  // Whatever media type a stack names: a body that is not JSON is refused as such.
  const readBody = express.json({ type: () => true, limit: BODY_LIMIT, strict: false });
  const answer = answerFailure(logger);
  const router = Router();
  router
    .route('/ofrep/v1/evaluate/flags/:key')
    .post(admit, readBody, async (request, response) => {
      const flag = await findFlag(db, plans, request.params['key']);
      const evaluation = await evaluateFlag(db, flag, readContext(request.body));
      if (evaluation === undefined) throw unusableKey(flag);
      count(metrics, evaluation);
      response.json(evaluation);
    })
    .all(onlyMethods('POST'), answer);
  router
    .route('/ofrep/v1/evaluate/flags')
    .post(admit, readBody, async (request, response) => {
      const context = readContext(request.body);
      const flags: (Evaluation | EvaluationFailure)[] = [];
      for (const flag of await liveFlags(db, plans)) {
        const told = await evaluateOrRefuse(db, flag, context);
        if (told === undefined) continue;
        if ('value' in told) count(metrics, told);
        flags.push(told);
      }
      response.json({ flags });
    })
    .all(onlyMethods('POST'), answer);
  // A path that cannot be decoded reaches no route.
  router.use('/ofrep', answer);
  return router;
}

/** One flag of many: what is wrong with the context for it alone is told beside the others' answers. */
async function evaluateOrRefuse(
  db: Database,
  flag: PhaseFlag,
  context: EvaluationContext,
): Promise<Evaluation | EvaluationFailure | undefined> {
  try {
    return await evaluateFlag(db, flag, context);
  } catch (error) {
    if (error instanceof DomainError && error.status === 400) return failureOf(error, flag.key);
    throw error;
  }
}

function unusableKey({ phase, migration }: PhaseFlag): InvalidContext {
  const prefix = migration.plan.keys[phase.unit] ?? '';
  return new InvalidContext(
    `This phase asks for the key of the ${phase.unit}: send one with the prefix '${prefix}' in targetingKey, or in the attribute '${phase.unit}'.`,
  );
}

function count(metrics: DecisionsParts['metrics'], { value, metadata }: Evaluation): void {
  metrics?.decisions.inc({ side: value, reason: metadata.why });
}

function failureOf(failure: DomainError, key: string): EvaluationFailure {
  return { key, errorCode: ofrepErrorCode(failure), errorDetails: failure.message };
}

function answerFailure(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const failure = foreseen(error) ?? unforeseen(error, logger);
    if (failure instanceof MethodNotAllowed) response.setHeader('Allow', failure.allowed.join(', '));
    if (failure.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    // Whole seconds: clients read it as a number.
    if (failure.status === 503) response.setHeader('Retry-After', '1');
    response.status(failure.status).json(failureOf(failure, echoedKey(request.params['key'])));
  };
}

function foreseen(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  if (isOutOfReach(error)) return new SidesOutOfReach();
  // What the body's parser and the router throw carries a status of its own, and may quote what was received.
  const status: unknown = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return new ContextTooLarge();
  return typeof status === 'number' && status >= 400 && status < 500 ? new MalformedEvaluation() : undefined;
}

/** I15: the log holds where it failed, never what was received. */
function unforeseen(error: unknown, logger: Logger): DomainError {
  const correlationId = randomUUID();
  logger.error({ correlationId, failure: describeFailure(error) }, 'an evaluation failed');
  return new EvaluationFailed(correlationId);
}
