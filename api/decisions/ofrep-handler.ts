import { METHODS, type IncomingMessage, type ServerResponse } from 'node:http';
import { DomainError } from '../../domain/domain-error';
import { InvalidContext } from '../../domain/sides/invalid-context';
import type { Logger } from '../../platform/logger';
import type { ApiMetrics } from '../../platform/metrics';
import type { Queryable } from '../../store/database';
import type { MigrationPlans } from '../../store/migration-plans';
import { STACKS } from '../access';
import type { Actors } from '../actors';
import { MethodNotAllowed } from '../problems';
import { Admission } from './admission';
import type { Evaluation } from './evaluate-flag';
import { answerFailure, answerJson, failureOf, namedFailure, type EvaluationFailure } from './evaluation-answer';
import { readContext, unitKeyIn, type EvaluationContext } from './evaluation-context';
import { MalformedEvaluation } from './evaluation-failure';
import { echoedKey, findFlag, liveFlags, type PhaseFlag } from './find-flag';
import { ofrepRoute, UndecodablePath, type OfrepRoute } from './ofrep-route';
import { RequestBodies, type ReadBody } from './request-bodies';
import type { PreparedAnswer, SideAnswers } from './side-answers';

export interface OfrepParts {
  sides: SideAnswers;
  db: Queryable;
  plans: MigrationPlans;
  actors: Actors;
  logger: Logger;
  metrics: Pick<ApiMetrics, 'decisions' | 'requests'>;
}

/** One request on its way to its answer. */
interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  route: OfrepRoute;
  /** From `performance.now()`. */
  since: number;
}

const PATTERNS = { one: '/ofrep/v1/evaluate/flags/:key', all: '/ofrep/v1/evaluate/flags' } as const;

/**
 * "Which side?", by OFREP 0.3.0, ahead of the API's router: this is asked on every page of every stack.
 *
 * `POST /ofrep/v1/evaluate/flags/{key}`, key `<migration>.<phase>` or `<phase>`: 200 with `legacy` or `target`. `POST
 * /ofrep/v1/evaluate/flags`: every phase of the live migrations whose unit the context names; asking places a unit, in each of them. Errors are
 * OFREP's, with `key`, `errorCode` and `errorDetails`: 400, 404, 405, 408, 413; 401 and 403 before a body is read; 503 while Postgres is out of
 * reach, never a side by default. There is no 429: it would stop every evaluation of that client.
 *
 * A unit whose side is remembered is answered in the turn of the event loop that its body ends in.
 */
export class OfrepHandler {
  private readonly admission: Admission;
  private readonly bodies = new RequestBodies();

  constructor(private readonly parts: OfrepParts) {
    this.admission = new Admission(parts.actors, STACKS);
  }

  /** Answers the request if it is one of OFREP's; false where it is not, and then nothing was done with it. */
  takes(request: IncomingMessage, response: ServerResponse): boolean {
    const target = request.url ?? '';
    if (!target.includes('/ofrep/')) return false;
    const since = performance.now();
    let route: OfrepRoute | undefined;
    try {
      route = ofrepRoute(target);
    } catch (error) {
      if (!(error instanceof UndecodablePath)) throw error;
      this.fail({ request, response, route: { kind: 'one', key: '' }, since }, new MalformedEvaluation());
      return true;
    }
    if (route === undefined) return false;
    this.start({ request, response, route, since });
    return true;
  }

  private start(asked: Asked): void {
    const { request } = asked;
    if (request.method !== 'POST') {
      this.fail(asked, new MethodNotAllowed(['POST']));
      return;
    }
    const { authorization } = request.headers;
    if (this.admission.again(request.socket, authorization) !== undefined) {
      this.read(asked);
      return;
    }
    this.admission.check(request.socket, authorization).then(
      () => {
        this.read(asked);
      },
      (error: unknown) => {
        this.fail(asked, error);
      },
    );
  }

  private read(asked: Asked): void {
    this.bodies.read(asked.request, (body) => {
      if (body === 'gone') this.measure(asked, 'aborted');
      else this.answer(asked, body);
    });
  }

  private answer(asked: Asked, body: Exclude<ReadBody, 'gone'>): void {
    try {
      if (!Buffer.isBuffer(body)) throw body;
      const content = parsed(body);
      const { route } = asked;
      const known = route.kind === 'one' ? this.known(route.key, content) : undefined;
      if (known !== undefined) {
        this.told(known.evaluation);
        answerJson(asked.response, 200, known.body);
        this.measure(asked, 200);
        return;
      }
      const answering = route.kind === 'one' ? this.one(route.key, content) : this.all(content);
      answering.then(
        (text) => {
          answerJson(asked.response, 200, text);
          this.measure(asked, 200);
        },
        (error: unknown) => {
          this.fail(asked, error);
        },
      );
    } catch (error) {
      this.fail(asked, error);
    }
  }

  /** What memory holds of the one unit that is asked for. A key that is no key is in no memory. */
  private known(key: string, content: unknown): PreparedAnswer | undefined {
    const flag = this.parts.sides.flag(key);
    if (flag === undefined) return undefined;
    const unit = unitKeyIn(readContext(content), flag.phase.unit, flag.migration.plan.keys);
    return unit === undefined ? undefined : this.parts.sides.remembered(flag, unit);
  }

  private async one(key: string, content: unknown): Promise<string> {
    const { sides, db, plans } = this.parts;
    const flag = sides.flag(key) ?? (await findFlag(db, plans, key));
    const evaluation = await sides.evaluate(flag, readContext(content));
    if (evaluation === undefined) throw unusableKey(flag);
    this.told(evaluation);
    return JSON.stringify(evaluation);
  }

  /** I14: one after the other, in the order of the plan, so that each phase sees what was written down in those before it. */
  private async all(content: unknown): Promise<string> {
    const { sides, db, plans } = this.parts;
    const context = readContext(content);
    const flags: (Evaluation | EvaluationFailure)[] = [];
    for (const flag of sides.liveFlags() ?? (await liveFlags(db, plans))) {
      const told = await this.evaluateOrRefuse(flag, context);
      if (told === undefined) continue;
      if ('value' in told) this.told(told);
      flags.push(told);
    }
    return JSON.stringify({ flags });
  }

  /** One flag of many: what is wrong with the context for it alone is told beside the others' answers. */
  private async evaluateOrRefuse(
    flag: PhaseFlag,
    context: EvaluationContext,
  ): Promise<Evaluation | EvaluationFailure | undefined> {
    const { sides } = this.parts;
    try {
      const unit = unitKeyIn(context, flag.phase.unit, flag.migration.plan.keys);
      if (unit === undefined) return undefined;
      return sides.remembered(flag, unit)?.evaluation ?? (await sides.evaluate(flag, context));
    } catch (error) {
      if (error instanceof DomainError && error.status === 400) return failureOf(error, flag.key);
      throw error;
    }
  }

  private fail(asked: Asked, error: unknown): void {
    const { request, response, route } = asked;
    const failure = namedFailure(error, this.parts.logger);
    answerFailure(request, response, failure, echoedKey(route.kind === 'one' ? route.key : undefined));
    this.measure(asked, failure.status);
  }

  private told({ value, metadata }: Evaluation): void {
    this.parts.metrics.decisions.add(value, metadata.why);
  }

  private measure({ request, response, route, since }: Asked, status: number | 'aborted'): void {
    const method = METHODS.includes(request.method ?? '') ? (request.method ?? '') : 'other';
    // Whoever asked may have hung up meanwhile.
    const seen = response.destroyed ? 'aborted' : String(status);
    this.parts.metrics.requests.of(method, PATTERNS[route.kind], seen).add((performance.now() - since) / 1_000);
  }
}

/** An empty body is an evaluation that says nothing. @throws MalformedEvaluation */
function parsed(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    throw new MalformedEvaluation();
  }
}

function unusableKey({ phase, migration }: PhaseFlag): InvalidContext {
  const prefix = migration.plan.keys[phase.unit] ?? '';
  return new InvalidContext(
    `This phase asks for the key of the ${phase.unit}: send one with the prefix '${prefix}' in targetingKey, or in the attribute '${phase.unit}'.`,
  );
}
