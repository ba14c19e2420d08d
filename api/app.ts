import express, { type Express } from 'express';
import helmet from 'helmet';
import type { CrosswalkSecrets } from '../platform/crosswalk-secrets';
import type { HookSecrets } from '../platform/hook-secrets';
import type { ApiMetrics } from '../platform/metrics';
import { systemClock } from '../platform/system-clock';
import type { MigrationPlans } from '../store/migration-plans';
import { archivesRouter } from './archives/archives-router';
import { crosswalkChangesRouter } from './crosswalk/crosswalk-changes-router';
import { heldEventsRouter } from './crosswalk/held-events-router';
import { crosswalkRouter } from './crosswalk/crosswalk-router';
import { admitSenders } from './events/event-senders';
import { doctorRouter } from './events/doctor-router';
import { eventsRouter } from './events/events-router';
import { wrongSideRouter } from './events/wrong-side-router';
import { gateOverridesRouter } from './gates/gate-overrides-router';
import { gatesRouter } from './gates/gates-router';
import { hookStandingsRouter } from './hooks/hook-standings-router';
import { hooksRouter } from './hooks/hooks-router';
import { healthRouter } from './health-router';
import { linksRouter } from './links/links-router';
import { measureRequests } from './measure-requests';
import type { MigrationsParts } from './migrations/migrations-parts';
import { migrationsRouter } from './migrations/migrations-router';
import { processesRouter } from './processes/processes-router';
import { overridesRouter } from './overrides/overrides-router';
import { problemHandler, unknownRoute } from './problems';
import { queuesRouter } from './queues/queues-router';
import { stopAllRouter } from './stop-all/stop-all-router';

export interface ApiParts extends MigrationsParts {
  metrics: ApiMetrics;
  plans: MigrationPlans;
  /** Of the crosswalk. */
  secrets: CrosswalkSecrets;
  /** What vendors sign webhooks with. */
  hookSecrets: HookSecrets;
  /** What the API is called by from outside. */
  publicUrl?: string;
}

/** The API's routes, but for OFREP's, which are served ahead of them. Holds nothing that a restart loses: any number of these may run side by side. */
export function createApp(parts: ApiParts): Express {
  const { db, temporal, actors, metrics, logger, plans, secrets } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(measureRequests(metrics.requests));
  app.use(helmet());
  app.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.use(healthRouter(db, temporal, metrics.registry));
  app.use(eventsRouter({ db, plans, clock: systemClock, admit: admitSenders(actors, systemClock), metrics }));
  app.use(hooksRouter({ ...parts, clock: systemClock }));
  app.use(hookStandingsRouter({ db, actors, plans }));
  app.use(migrationsRouter(parts));
  app.use(gatesRouter({ db, actors }));
  app.use(gateOverridesRouter({ db, actors, logger }));
  app.use(stopAllRouter({ db, temporal, actors, logger }));
  app.use(overridesRouter({ db, actors, logger }));
  app.use(linksRouter({ db, actors, logger, plans }));
  app.use(crosswalkRouter({ db, actors, logger, plans, secrets }));
  app.use(crosswalkChangesRouter({ db, actors, logger, plans, secrets }));
  app.use(heldEventsRouter({ db, actors, logger, plans, secrets }));
  app.use(processesRouter({ db, actors, logger }));
  app.use(archivesRouter({ db, actors }));
  app.use(doctorRouter({ db, actors, plans }));
  app.use(wrongSideRouter({ db, actors }));
  app.use(queuesRouter({ db, actors, logger }));
  app.use(unknownRoute);
  app.use(problemHandler(logger));
  return app;
}
