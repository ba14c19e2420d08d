import express, { type Request, type RequestHandler, Router } from 'express';
import { EventRefused } from '../../domain/events/event-refusal';
import { readCloudEvents, type ReadMessage } from '../../domain/events/read-cloud-events';
import type { ApiMetrics } from '../../platform/metrics';
import { EventWriter } from '../../store/event-writer';
import { onlyMethods } from '../problems';
import { receiveEvents, throwIfSingleRefused, type EventReception, type EventsAnswer } from './receive-events';
import { BODY_LIMIT, EventAdmission } from './event-admission';
import { senderOf } from './event-senders';
import { webhookHandshake } from './webhook-handshake';

export interface EventsParts extends Omit<EventReception, 'writer'> {
  /** Lets in who may send events: `first` before a body is read. */
  admit: { first: RequestHandler; afterBody: RequestHandler };
  /** Bounds what is taken on at a time. */
  admission?: EventAdmission;
  /** Unless given, one that stores them with all that is made of them. */
  writer?: EventWriter;
  metrics?: Pick<ApiMetrics, 'events'>;
}

/**
 * `POST /v1/events`: CloudEvents 1.0 in JSON, structured, batched or binary.
 *
 * One event: 200 `{ stored, duplicates, refused: [] }`, or its refusal as problem details. A batch: the good ones are stored and each
 * bad one is named by index and code; 200 where none is bad, 207 where some are, 400 where all are. 413 past 1 MiB or 5,000 events, 415 for other
 * formats, 503 with Retry-After while too much is under way. What is answered as stored is committed (I5). `OPTIONS` is the webhook handshake, and needs no token.
 */
export function eventsRouter(parts: EventsParts): Router {
  const reception: EventReception = { ...parts, writer: parts.writer ?? new EventWriter(parts.db) };
  const { admit, admission = new EventAdmission() } = parts;
  const router = Router();
  router
    .route('/v1/events')
    .options(webhookHandshake)
    // Of whatever media type: what is not taken is refused by the binding's own rules.
    .post(
      ...[admit.first, admission.take, express.raw({ type: () => true, limit: BODY_LIMIT }), admit.afterBody],
      async (request, response) => {
        const message = readMessage(request, parts.metrics);
        const answer = await admission.during(response, () =>
          receiveEvents(reception, message, senderOf(response)?.sources),
        );
        count(parts.metrics, answer);
        throwIfSingleRefused(message, answer);
        response.status(statusOf(answer)).json(answer);
      },
    )
    .all(onlyMethods('POST', 'OPTIONS'));
  return router;
}

function statusOf({ stored, duplicates, synthetic = 0, refused }: EventsAnswer): 200 | 207 | 400 {
  if (refused.length === 0) return 200;
  return stored + duplicates + synthetic > 0 ? 207 : 400;
}

/** @throws EventRefused where the whole message is refused */
function readMessage(request: Request, metrics: EventsParts['metrics']): ReadMessage {
  const body: unknown = request.body;
  try {
    return readCloudEvents(request.headersDistinct, Buffer.isBuffer(body) ? body : Buffer.alloc(0));
  } catch (error) {
    if (error instanceof EventRefused) metrics?.events.inc({ result: 'refused', code: error.code });
    throw error;
  }
}

function count(metrics: EventsParts['metrics'], { stored, duplicates, synthetic = 0, refused }: EventsAnswer): void {
  metrics?.events.inc({ result: 'stored' }, stored);
  metrics?.events.inc({ result: 'duplicate' }, duplicates);
  if (synthetic > 0) metrics?.events.inc({ result: 'synthetic' }, synthetic);
  for (const { code } of refused) metrics?.events.inc({ result: 'refused', code });
}
