import { createHash } from 'node:crypto';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { DomainError } from '../../domain/domain-error';
import { EVENT_REFUSALS } from '../../domain/events/event-refusal';
import { isJson, parseMediaType } from '../../domain/events/media-type';
import { HOOK_REFUSALS, HookRefused, type HookRefusalCode } from '../../domain/hooks/hook-refusal';
import type { Translated } from '../../domain/hooks/hook-translator';
import { readBody, type BodyKind } from '../../domain/hooks/read-body';
import { namesSynthetic } from '../../domain/sides/synthetic-key';
import type { Clock } from '../../domain/time/clock';
import type { CrosswalkSecrets } from '../../platform/crosswalk-secrets';
import type { HookSecrets } from '../../platform/hook-secrets';
import type { ApiMetrics } from '../../platform/metrics';
import type { SignatureVerdict, SignedRequest } from '../../platform/signatures/signed-request';
import type { Database } from '../../store/database';
import type { MigrationPlans } from '../../store/migration-plans';
import { receiveHook, type HookOutcome } from '../../store/receive-hook';
import { onlyMethods } from '../problems';
import { HeldDeliveries } from './held-deliveries';
import { HookBook, type ReadyHook } from './hook-book';
import { UnverifiedBodies } from './unverified-bodies';

export interface HooksParts {
  db: Database;
  plans: MigrationPlans;
  /** What vendors sign with. */
  hookSecrets: HookSecrets;
  /** Of the crosswalk. */
  secrets: CrosswalkSecrets;
  clock: Clock;
  /** What the API is called by from outside, such as `https://handoff.example`; else what the request says. */
  publicUrl?: string;
  metrics?: Pick<ApiMetrics, 'hooks'>;
}

/** What became of what a delivery reported. */
export interface HookAnswer {
  stored: number;
  duplicates: number;
  /** Of whom nobody knows yet whose it is. */
  held: number;
  /** Of which nothing happened: they tell ids together. */
  noted: number;
  /** Of a type that the plan says nothing of, or whose conditions do not hold. */
  ignored: number;
  /** By their index in the delivery. */
  refused: { index: number; code: string; message: string }[];
}

/** Everything that a delivery reported was refused; the first of the reasons says the status. */
class DeliveryRefused extends DomainError {
  readonly code: string;
  readonly status: number;
  constructor(readonly problems: HookAnswer['refused']) {
    const [first] = problems;
    super(first?.message ?? 'Everything in this delivery was refused.');
    this.code = first?.code ?? 'hook-malformed';
    this.status = STATUS_OF.get(this.code) ?? 400;
  }
}

const STATUS_OF: ReadonlyMap<string, number> = new Map(Object.entries({ ...EVENT_REFUSALS, ...HOOK_REFUSALS }));

/**
 * `POST /v1/hooks/<hook>`: a vendor's webhook, for the hook of that name of a migration under way.
 *
 * 200 HookAnswer, once all of it is committed (I5); what nobody knows whose it is, and what the plan says nothing of, is acknowledged too. 401 where it is
 * not signed as the vendor signs; before that nothing of the body is read but its bytes, and none of those where the signature's headers are missing. 4xx with problem details where all of it
 * is refused. 503 while too much is under way: what is not verified yet is bounded apart, and takes no room of what is.
 */
export function hooksRouter(parts: HooksParts): Router {
  const book = new HookBook(parts.db, parts.plans);
  const router = Router();
  router.route('/v1/hooks/:hook').post(receive(parts, book)).all(onlyMethods('POST'));
  return router;
}

function receive(parts: HooksParts, book: HookBook): RequestHandler<{ hook: string }> {
  const unverified = new UnverifiedBodies();
  const deliveries = new HeldDeliveries();
  let shard = 0;
  return async (request, response) => {
    try {
      const { migration } = request.query;
      const ready = await book.find(request.params.hook, typeof migration === 'string' ? migration : undefined);
      const kind = bodyKindOf(request, ready.translator.bodyKind);
      requireSignature(parts, ready, request);
      const signed = await verified(parts, ready, request, unverified);
      const outcomes = await deliveries.hold(`${ready.migration.id}/${ready.hook.id}`, () =>
        take(parts, ready, { signed, kind, query: request.query, shard: (shard = (shard + 1) % 1_024) }),
      );
      response.json(answer(outcomes, parts.metrics));
    } catch (error) {
      if (error instanceof DomainError) parts.metrics?.hooks.inc({ result: 'refused', code: error.code });
      throw letGo(response, error);
    }
  };
}

/** Before a body is read: whoever shows no signature at all takes no room. @throws HookRefused */
function requireSignature({ publicUrl, clock }: HooksParts, { verify }: ReadyHook, request: HookRequest): void {
  const signed = { ...signedParts(publicUrl, request), body: Buffer.alloc(0) };
  if (verify(signed, [], clock.now().getTime()) === 'unsigned') requireSigned('unsigned');
}

type HookRequest = Request<{ hook: string }>;

function signedParts(publicUrl: string | undefined, request: HookRequest): Omit<SignedRequest, 'body'> {
  return {
    method: request.method,
    url: `${publicUrl ?? `${request.protocol}://${request.headers.host ?? ''}`}${request.originalUrl}`,
    header: (name) => only(request.headersDistinct[name]),
  };
}

/** Of a body that was not read to its end the rest is not waited for. */
function letGo(response: Response, error: unknown): unknown {
  if (!response.req.complete) response.setHeader('Connection', 'close');
  return error;
}

/** The request with its body, once its signature held: till then nothing of it is read but its bytes. @throws HookRefused, HooksBusy */
async function verified(
  { clock, hookSecrets, publicUrl }: HooksParts,
  { hook, verify }: ReadyHook,
  request: HookRequest,
  unverified: UnverifiedBodies,
): Promise<SignedRequest> {
  const known = await hookSecrets.named(hook.secrets);
  if (known.length === 0) {
    throw new HookRefused(
      'hook-secret-missing',
      'This process has none of the secrets of this hook. Give it one, under the name that the plan says; until then nothing is taken.',
    );
  }
  const body = await unverified.read(request as Request);
  const signed = { ...signedParts(publicUrl, request), body };
  requireSigned(verify(signed, known, clock.now().getTime()));
  return signed;
}

interface Taking {
  signed: SignedRequest;
  kind: BodyKind;
  query: Request['query'];
  shard: number;
}

/** @throws HookRefused */
async function take(
  { db, clock, secrets }: HooksParts,
  { migration, hook, translator }: ReadyHook,
  { signed: { body }, kind, query, shard }: Taking,
): Promise<HookOutcome[]> {
  const now = clock.now().getTime();
  const items = await translator.translate(
    {
      body: readBody(kind, body),
      query: hook.vendor === 'twilio' ? texts(query) : {},
      bodyDigest: createHash('sha256').update(body).digest('hex'),
    },
    now,
  );
  return receiveHook(
    { db, secrets, migration, now, hook: hook.id, source: translator.source, shard },
    items.map(({ translated }) =>
      isOfSynthetic(translated) ? { became: 'unmet', type: translated.type } : translated,
    ),
  );
}

/** Whether it carries the key of a synthetic patient: nobody keeps what happens to those. */
function isOfSynthetic(translated: Translated): translated is Extract<Translated, { became: 'events' }> {
  return (
    translated.became === 'events' && translated.events.some(({ keys = {} }) => namesSynthetic(Object.values(keys)))
  );
}

/** What the body is by its media type, before any of it is read. @throws HookRefused */
function bodyKindOf(request: HookRequest, kind: BodyKind): BodyKind {
  const written = request.headers['content-type'];
  const mediaType = parseMediaType(written);
  if (kind === 'form' && mediaType?.essence === 'application/x-www-form-urlencoded') return 'form';
  if (written === undefined && kind !== 'form') return kind;
  if (mediaType === undefined || !isJson(mediaType)) {
    throw new HookRefused(
      'hook-body-type',
      `Send ${kind === 'form' ? 'a form or JSON' : 'JSON'} in UTF-8, and name it in Content-Type.`,
    );
  }
  return kind === 'form' ? 'json' : kind;
}

const VERDICTS: Readonly<Record<Exclude<SignatureVerdict, 'valid'>, readonly [HookRefusalCode, string]>> = {
  unsigned: [
    'hook-unsigned',
    'The request is not signed as this vendor signs. Check which address sends here, and how.',
  ],
  wrong: [
    'hook-signature-wrong',
    'None of the secrets of this hook made this signature. Check the secret, and that nothing changes the body on its way.',
  ],
  expired: [
    'hook-signature-expired',
    'The signature is of another time than about now. Set the clock that is wrong; what is played back is refused.',
  ],
};

function requireSigned(verdict: SignatureVerdict): void {
  if (verdict !== 'valid') throw new HookRefused(...VERDICTS[verdict]);
}

/** @throws DeliveryRefused where all of it is refused */
function answer(outcomes: readonly HookOutcome[], metrics: HooksParts['metrics']): HookAnswer {
  const count = (...results: HookOutcome['became'][]): number =>
    outcomes.filter(({ became }) => results.includes(became)).length;
  const refused = outcomes.flatMap(({ refusal }, index) => (refusal === undefined ? [] : [{ index, ...refusal }]));
  for (const { became, refusal } of outcomes) {
    if (refusal === undefined) metrics?.hooks.inc({ result: became });
  }
  if (refused.length > 0 && refused.length === outcomes.length) throw new DeliveryRefused(refused);
  for (const { code } of refused) metrics?.hooks.inc({ result: 'refused', code });
  return {
    stored: count('stored'),
    duplicates: count('duplicate'),
    held: count('held'),
    noted: count('noted'),
    ignored: count('unknown', 'unmet'),
    refused,
  };
}

function only(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}

function texts(query: Request['query']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
