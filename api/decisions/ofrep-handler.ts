import { METHODS, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Actor } from '../../domain/phase/actor';
import type { Clock } from '../../domain/time/clock';
import type { Logger } from '../../platform/logger';
import type { ApiMetrics, AskingFigures } from '../../platform/metrics';
import type { TimesOfRoute } from '../../platform/request-times';
import type { Queryable } from '../../store/database';
import type { MigrationPlans } from '../../store/migration-plans';
import { STACKS } from '../access';
import type { Actors } from '../actors';
import { MethodNotAllowed } from '../problems';
import { Admission } from './admission';
import { ChangeStreams } from './change-streams';
import { CrossOrigin } from './cross-origin';
import { entityTag, namesTag } from './entity-tag';
import type { Evaluation } from './evaluate-flag';
import { answerFailure, answerJson, jsonBody, namedFailure, type JsonBody } from './evaluation-answer';
import { MalformedEvaluation, Overloaded, StreamNotOpened } from './evaluation-failure';
import { Evaluations } from './evaluations';
import { echoedKey } from './find-flag';
import { Load } from './load';
import { CHANGES, ofrepRoute, UndecodablePath, type OfrepRoute } from './ofrep-route';
import { RequestBodies, type ReadBody } from './request-bodies';
import type { SideAnswers } from './side-answers';
import { StreamTokens } from './stream-tokens';

export interface OfrepParts {
  sides: SideAnswers;
  db: Queryable;
  plans: MigrationPlans;
  actors: Actors;
  logger: Logger;
  metrics: Pick<ApiMetrics, 'decisions' | 'requests'>;
  clock: Clock;
  /** Shared by the API processes of a deployment, as 64 hexadecimal digits. */
  secret: string;
  /** Of web pages whose browsers may ask. */
  origins: readonly string[];
  /** Questions that may wait for Postgres at the same time. */
  waitingLimit: number;
  /** How late the event loop may be, in milliseconds, for questions that must wait; undefined: as `Load` has it. */
  lateLimit?: number | undefined;
}

/** One request on its way to its answer. */
interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  route: OfrepRoute;
  /** From `performance.now()`. */
  since: number;
}

const PATTERNS = {
  one: '/ofrep/v1/evaluate/flags/:key',
  all: '/ofrep/v1/evaluate/flags',
  changes: CHANGES,
} as const satisfies Record<OfrepRoute['kind'], string>;

const METHOD_OF = { one: 'POST', all: 'POST', changes: 'GET' } as const satisfies Record<OfrepRoute['kind'], string>;

/** After so many seconds in a page that nobody looks at, a client may let go of its stream. */
const INACTIVITY_SECONDS = 120;

/**
 * "Which side?", by OFREP 0.3.0, ahead of the API's router: this is asked on every page of every stack.
 *
 * `POST /ofrep/v1/evaluate/flags/{key}`, key `<migration>.<phase>` or `<phase>`: 200 with `legacy` or `target`. `POST
 * /ofrep/v1/evaluate/flags`: every phase of the live migrations whose unit the context names, under an entity tag; asking places a unit, in each
 * of them. `GET /ofrep/v1/changes`: the stream of changes that the answer to the latter names. Errors are OFREP's, with `key`, `errorCode` and
 * `errorDetails`: 400, 404, 405, 408, 413; 401 and 403 before a body is read; 503 while Postgres is out of reach or too much waits for it, never a
 * side by default. There is no 429: it would stop every evaluation of that client.
 *
 * A unit whose side is remembered is answered in the turn of the event loop that its body ends in.
 */
export class OfrepHandler {
  private readonly admission: Admission;
  private readonly bodies = new RequestBodies();
  private readonly evaluations: Evaluations;
  private readonly crossOrigin: CrossOrigin;
  private readonly load: Load;
  private readonly tokens: StreamTokens;
  private readonly streams: ChangeStreams;
  /** Of one flag, answered: what is counted most. */
  private readonly answeredOne: TimesOfRoute;

  constructor(private readonly parts: OfrepParts) {
    this.answeredOne = parts.metrics.requests.of(METHOD_OF.one, PATTERNS.one, '200');
    this.admission = new Admission(parts.actors, STACKS);
    this.load = new Load(parts.waitingLimit, { late: parts.lateLimit });
    this.evaluations = new Evaluations({ ...parts, load: this.load });
    this.crossOrigin = new CrossOrigin(parts.origins);
    this.tokens = new StreamTokens(parts.secret, parts.clock);
    this.streams = new ChangeStreams(parts.sides, (actor) => this.mayStay(actor));
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

  get figures(): AskingFigures {
    return { waiting: this.load.count + this.bodies.count, streams: this.streams.count };
  }

  /** Ends the streams and takes no other; questions are answered until the server closes. */
  stop(): void {
    this.streams.stop();
    this.load.stop();
  }

  private start(asked: Asked): void {
    const { request, response, route } = asked;
    const allowed = METHOD_OF[route.kind];
    if (request.method !== allowed) {
      const preflight = this.crossOrigin.preflight(request, allowed);
      if (preflight === undefined) {
        this.fail(asked, new MethodNotAllowed([allowed]));
        return;
      }
      response.writeHead(204, [...preflight]);
      response.end();
      this.measure(asked, 204);
    } else if (route.kind === 'changes') {
      this.stream(asked, route.access).catch((error: unknown) => {
        this.fail(asked, error);
      });
    } else {
      this.admit(asked);
    }
  }

  private admit(asked: Asked): void {
    const { socket, headers } = asked.request;
    const actor = this.admission.again(socket, headers.authorization);
    if (actor !== undefined) {
      this.read(asked, actor);
      return;
    }
    this.admission.check(socket, headers.authorization).then(
      (checked) => {
        this.read(asked, checked);
      },
      (error: unknown) => {
        this.fail(asked, error);
      },
    );
  }

  private read(asked: Asked, actor: Actor): void {
    if (!this.load.hasRoomFor(this.bodies.count)) {
      this.fail(asked, new Overloaded());
      return;
    }
    this.bodies.read(asked.request, (body) => {
      if (body === 'gone') this.measure(asked, 'aborted');
      else this.answer(asked, actor, body);
    });
  }

  private answer(asked: Asked, actor: Actor, body: Exclude<ReadBody, 'gone'>): void {
    try {
      if (!Buffer.isBuffer(body)) throw body;
      const content = parsed(body);
      const { route } = asked;
      const known = route.kind === 'one' ? this.evaluations.known(route.key, content) : undefined;
      if (known !== undefined) {
        this.told(known.evaluation);
        this.send(asked, known.body);
        return;
      }
      const answering = route.kind === 'one' ? this.one(asked, route.key, content) : this.all(asked, actor, content);
      answering.catch((error: unknown) => {
        this.fail(asked, error);
      });
    } catch (error) {
      this.fail(asked, error);
    }
  }

  private async one(asked: Asked, key: string, content: unknown): Promise<void> {
    const evaluation = await this.evaluations.one(key, content);
    this.told(evaluation);
    this.send(asked, jsonBody(evaluation));
  }

  private async all(asked: Asked, actor: Actor, content: unknown): Promise<void> {
    const flags = await this.evaluations.all(content);
    for (const flag of flags) if ('value' in flag) this.told(flag);
    const stream = {
      type: 'sse',
      endpoint: { requestUri: `${CHANGES}?access=${this.tokens.make(actor.id)}` },
      inactivityDelaySec: INACTIVITY_SECONDS,
    };
    const body = jsonBody({ flags, eventStreams: [stream] });
    const tag = entityTag(body.text);
    if (!namesTag(asked.request.headers['if-none-match'], tag)) {
      this.send(asked, body, ['ETag', tag]);
      return;
    }
    const more = this.crossOrigin.headers(asked.request);
    asked.response.writeHead(304, ['ETag', tag, 'Cache-Control', 'no-store', ...more]);
    asked.response.end();
    this.measure(asked, 304);
  }

  private async stream(asked: Asked, access: string): Promise<void> {
    const { request, response } = asked;
    const actor = this.tokens.actorOf(access);
    if (actor === undefined || !(await this.mayStay(actor))) throw new StreamNotOpened();
    this.streams.open(request, response, actor, this.crossOrigin.headers(request));
    this.measure(asked, 200);
  }

  private async mayStay(id: string): Promise<boolean> {
    const actor = await this.parts.actors.byId(id);
    return actor?.roles.some((role) => STACKS.some((may) => may === role)) ?? false;
  }

  private send(asked: Asked, body: JsonBody, more: readonly string[] = []): void {
    const cors = this.crossOrigin.headers(asked.request);
    answerJson(asked.response, 200, body, more.length === 0 ? cors : [...more, ...cors]);
    this.measure(asked, 200);
  }

  private fail(asked: Asked, error: unknown): void {
    const { request, response, route } = asked;
    const failure = namedFailure(error, this.parts.logger);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const key = echoedKey(route.kind === 'one' ? route.key : undefined);
    answerFailure(request, response, failure, key, this.crossOrigin.headers(request));
    this.measure(asked, failure.status);
  }

  private told({ value, metadata }: Evaluation): void {
    this.parts.metrics.decisions.add(value, metadata.why);
  }

  private measure({ request, response, route, since }: Asked, status: number | 'aborted'): void {
    const seconds = (performance.now() - since) / 1_000;
    if (status === 200 && route.kind === 'one' && !response.destroyed) {
      this.answeredOne.add(seconds);
      return;
    }
    const method = METHODS.includes(request.method ?? '') ? (request.method ?? '') : 'other';
    // Whoever asked may have hung up meanwhile.
    const seen = response.destroyed ? 'aborted' : String(status);
    this.parts.metrics.requests.of(method, PATTERNS[route.kind], seen).add(seconds);
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
