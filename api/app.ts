import express, { type Express } from 'express';
import helmet from 'helmet';
import type { ApiMetrics } from '../platform/metrics';
import { healthRouter } from './health-router';
import { measureRequests } from './measure-requests';
import { migrationsRouter, type MigrationsParts } from './migrations/migrations-router';
import { problemHandler, unknownRoute } from './problems';

export interface ApiParts extends MigrationsParts {
  metrics: ApiMetrics;
}

/** The API's routes. Holds nothing that a restart loses: any number of these may run side by side. */
export function createApp(parts: ApiParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(measureRequests(parts.metrics.requests));
  app.use(helmet());
  app.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.use(healthRouter(parts.db, parts.temporal, parts.metrics.registry));
  app.use(migrationsRouter(parts));
  app.use(unknownRoute);
  app.use(problemHandler(parts.logger));
  return app;
}
