import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import express, { type Express } from 'express';
import pino from 'pino';
import { archivesRouter } from '../../../api/archives/archives-router';
import { wrongSideRouter } from '../../../api/events/wrong-side-router';
import { doctorRouter } from '../../../api/events/doctor-router';
import { eventsRouter } from '../../../api/events/events-router';
import { problemHandler, unknownRoute } from '../../../api/problems';
import { Actors } from '../../../api/actors';
import { queuesRouter } from '../../../api/queues/queues-router';
import { createApiMetrics, createMetricsRegistry, type ApiMetrics } from '../../../platform/metrics';
import { systemClock } from '../../../platform/system-clock';
import type { Database } from '../../../store/database';
import { MigrationPlans } from '../../../store/migration-plans';

export interface FactsApi {
  app: Express;
  metrics: ApiMetrics;
  /** Everything that it logged. */
  logged(): string;
}

const ACTORS = {
  'support-lead-1': ['support-lead'],
  'engineer-1': ['engineer'],
  'clinical-lead-1': ['clinical-lead'],
  'gate-automation': ['automation'],
} as const;
export type FactsActor = keyof typeof ACTORS;

/** The header that an actor is let in by. */
export function authorization(actor: FactsActor): [string, string] {
  return ['Authorization', `Bearer token-of-${actor}`];
}

/** The routes of events, whose door is open, and of queues, whose is not, as the API mounts them. */
export async function createFactsApi(db: Database): Promise<FactsApi> {
  let logged = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString();
      done();
    },
  });
  const metrics = createApiMetrics(createMetricsRegistry('api'));
  const app = express();
  app.set('query parser', 'simple');
  const admit: express.RequestHandler = (_request, _response, next) => {
    next();
  };
  app.use(
    eventsRouter({
      db,
      plans: new MigrationPlans(systemClock),
      clock: systemClock,
      admit: { first: admit, afterBody: admit },
      metrics,
    }),
  );
  const logger = pino(sink);
  const actors = await Actors.open(actorsFile(), systemClock, logger);
  app.use(wrongSideRouter({ db, actors }));
  app.use(archivesRouter({ db, actors }));
  app.use(doctorRouter({ db, actors, plans: new MigrationPlans(systemClock) }));
  app.use(queuesRouter({ db, actors, logger }));
  app.use(unknownRoute);
  app.use(problemHandler(logger));
  return { app, metrics, logged: () => logged };
}

function actorsFile(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'facts-api-')), 'actors.json');
  const actors = Object.entries(ACTORS).map(([id, roles]) => ({
    ...{ id, roles, name: id },
    tokenSha256: createHash('sha256').update(`token-of-${id}`).digest('hex'),
  }));
  writeFileSync(file, JSON.stringify({ actors }));
  return file;
}
