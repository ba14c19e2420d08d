import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import type { HeldRoute, OutwardRoute, WantedRoute } from '../../activities/traffic/outward-route';
import { RouteAway, RouteRefused } from '../../domain/sides/route-failures';
import { StaleEpoch } from '../../domain/sides/stale-epoch';
import type { Clock } from '../../domain/time/clock';
import type { Milliseconds } from '../../domain/time/duration';
import { SIGNATURE_HEADER, signText } from '../../platform/sign-text';

export interface WebhookRouteOptions {
  /** Where a route is posted to, and read from. May hold a credential: it is never logged nor put into an error. */
  url: string;
  secret: string;
  clock: Clock;
  /** For each exchange. */
  timeout?: Milliseconds;
}

const TIMEOUT: Milliseconds = 1_000;
/** What is waited before each further attempt: all of them end within the time that one carrying has. */
const RETRIES: readonly Milliseconds[] = [100, 400];
const LOOK_EVERY: Milliseconds = 5_000;
const LONGEST_ANSWER = 65_536;
/** Buckets of one percent. */
const PERCENT = 1_000;

/** What the receiver says it does. Shares are percentages here, as people write them. */
const heldSchema = z.object({
  epoch: z.int().min(0).nullable(),
  share: z.number().min(0).max(100),
  returning: z.boolean().default(false),
});

const conflictSchema = z.object({ epoch: z.int().min(0) });

/**
 * Tells an edge system by signed HTTP requests how to route, and asks it what it does. The receiver keeps the last epoch and answers 409 to
 * an older one: that is the fence. The same epoch has the same idempotency key and the same body, however often it is sent.
 */
export class WebhookRoute implements OutwardRoute {
  readonly kind = 'webhook';
  readonly lookEvery = LOOK_EVERY;
  readonly sendsBack = 'all';

  constructor(private readonly options: WebhookRouteOptions) {}

  nearest(share: number): number {
    return share;
  }

  async apply(route: WantedRoute): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.post(route);
        return;
      } catch (error) {
        const wait = RETRIES[attempt];
        if (!(error instanceof RouteAway) || wait === undefined) throw error;
        await delay(wait);
      }
    }
  }

  async readBack(route: WantedRoute): Promise<HeldRoute[]> {
    const url = new URL(this.options.url);
    for (const name of ['migration', 'phase', 'cohort'] as const) url.searchParams.set(name, route[name]);
    const { status, body } = await this.exchange('GET', url, `GET ${url.pathname}${url.search}`);
    // It has never heard of it: it routes nobody to target.
    if (status === 404) return [{ epoch: null, share: 0, returning: false }];
    refuseUnlessDone(status);
    const held = heldSchema.safeParse(parseJson(body));
    if (!held.success) throw new RouteRefused('its answer does not say epoch and share');
    return [{ ...held.data, share: Math.round(held.data.share * PERCENT) }];
  }

  private async post(route: WantedRoute): Promise<void> {
    const { migration, phase, cohort, epoch, share, returning } = route;
    const body = JSON.stringify({ migration, phase, cohort, epoch, share: share / PERCENT, returning });
    const key = [migration, phase, cohort, epoch].join('/');
    const answer = await this.exchange('POST', new URL(this.options.url), body, { body, key });
    if (answer.status === 409) {
      const later = conflictSchema.safeParse(parseJson(answer.body));
      if (!later.success) throw new RouteRefused('it answered 409 without its epoch');
      throw new StaleEpoch(epoch, later.data.epoch);
    }
    refuseUnlessDone(answer.status);
  }

  /** @param signed what the signature is over, after the time */
  private async exchange(
    method: 'GET' | 'POST',
    url: URL,
    signed: string,
    sent?: { body: string; key: string },
  ): Promise<{ status: number; body: string }> {
    const { secret, clock, timeout = TIMEOUT } = this.options;
    const signal = AbortSignal.timeout(timeout);
    try {
      const response = await request(url, {
        method,
        headers: {
          'user-agent': 'warm-handoff',
          accept: 'application/json',
          [SIGNATURE_HEADER]: signText(signed, secret, clock.now()),
          ...(sent !== undefined && { 'content-type': 'application/json', 'idempotency-key': sent.key }),
        },
        ...(sent !== undefined && { body: sent.body }),
        // A new connection each time: an idle one that the other end has closed would lose a change.
        reset: true,
        signal,
      });
      let body = '';
      for await (const chunk of response.body) {
        body += String(chunk);
        if (body.length > LONGEST_ANSWER) throw new RouteAway('answered without end');
      }
      return { status: response.statusCode, body };
    } catch (error) {
      if (error instanceof RouteAway) throw error;
      throw new RouteAway(signal.aborted ? `did not answer within ${timeout} ms` : 'could not be reached');
    }
  }
}

/** A redirect is not followed: the change and its signature are for the declared receiver alone. */
function refuseUnlessDone(status: number): void {
  if (status >= 200 && status <= 299) return;
  if (status >= 500 || status === 408 || status === 429) throw new RouteAway(`answered ${status}`);
  throw new RouteRefused(`it answered ${status}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
