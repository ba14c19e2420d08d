import { Router } from 'express';
import type { Registry } from 'prom-client';
import type { Milliseconds } from '../domain/time/duration';
import { inTime } from '../platform/in-time';
import type { Queryable } from '../store/database';
import { missingSchemaFiles } from '../store/missing-schema';
import { onlyMethods } from './problems';
import type { TemporalLink } from './temporal-link';

/** One thing that this API needs, and what to do where it is missing. */
export interface MissingPart {
  part: 'postgres' | 'schema' | 'temporal';
  detail: string;
}

export interface Readiness {
  /**
   * `ready`: everything is there. `degraded`: events are stored and sides answered, commands are not taken (Temporal is away).
   * `notReady`: nothing can be answered.
   */
  status: 'ready' | 'degraded' | 'notReady';
  missing: MissingPart[];
}

/**
 * `/healthz`: this process runs. `/readyz`: what it needs is there; 503 only where Postgres or its schema is missing, because taking the
 * API out of a load balancer for Temporal's sake would stop events and sides, which need no Temporal. `/metrics`: Prometheus' text form.
 */
export function healthRouter(db: Queryable, temporal: TemporalLink, registry: Registry): Router {
  const router = Router();
  router
    .route('/healthz')
    .get((_request, response) => {
      response.json({ status: 'alive' });
    })
    .all(onlyMethods('GET', 'HEAD'));
  router
    .route('/readyz')
    .get(async (_request, response) => {
      const readiness = await readReadiness(db, temporal);
      response.status(readiness.status === 'notReady' ? 503 : 200).json(readiness);
    })
    .all(onlyMethods('GET', 'HEAD'));
  router
    .route('/metrics')
    .get(async (_request, response) => {
      response.type(registry.contentType).send(await registry.metrics());
    })
    .all(onlyMethods('GET', 'HEAD'));
  return router;
}

export async function readReadiness(db: Queryable, temporal: TemporalLink): Promise<Readiness> {
  const [store, temporalThere] = await Promise.all([missingOfStore(db), temporal.isReachable()]);
  const missing = [...store];
  if (!temporalThere) {
    missing.push({
      part: 'temporal',
      detail:
        'Temporal does not answer at TEMPORAL_ADDRESS, or does not know the namespace: commands are refused until it does.',
    });
  }
  if (missing.length === 0) return { status: 'ready', missing };
  return { status: store.length > 0 ? 'notReady' : 'degraded', missing };
}

/** How long Postgres is waited for. Whoever asks wants to know where to send the next question. */
const ANSWERS_WITHIN: Milliseconds = 2_000;
const NO_POSTGRES: MissingPart = { part: 'postgres', detail: 'Postgres does not answer at DATABASE_URL.' };

async function missingOfStore(db: Queryable): Promise<MissingPart[]> {
  try {
    const files = await inTime(missingSchemaFiles(db), ANSWERS_WITHIN, undefined);
    if (files === undefined) return [NO_POSTGRES];
    if (files.length === 0) return [];
    return [{ part: 'schema', detail: `Not applied yet: ${files.join(', ')}. Apply the schema of this release.` }];
  } catch {
    return [NO_POSTGRES];
  }
}
