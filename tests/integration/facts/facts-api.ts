import { Writable } from 'node:stream';
import express, { type Express } from 'express';
import pino from 'pino';
import { eventsRouter } from '../../../api/events/events-router';
import { problemHandler, unknownRoute } from '../../../api/problems';
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

/** The routes of events and queues as the API mounts them, behind a door that is open. */
export function createFactsApi(db: Database): FactsApi {
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
  app.use(eventsRouter({ db, plans: new MigrationPlans(systemClock), clock: systemClock, admit, metrics }));
  app.use(queuesRouter({ db, admit }));
  app.use(unknownRoute);
  app.use(problemHandler(pino(sink)));
  return { app, metrics, logged: () => logged };
}
