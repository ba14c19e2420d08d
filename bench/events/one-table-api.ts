import { createServer } from 'node:http';
import express from 'express';
import helmet from 'helmet';
import { Actors } from '../../api/actors';
import { admitSenders } from '../../api/events/event-senders';
import { eventsRouter } from '../../api/events/events-router';
import { measureRequests } from '../../api/measure-requests';
import { problemHandler } from '../../api/problems';
import { createLogger } from '../../platform/logger';
import { createApiMetrics, createMetricsRegistry } from '../../platform/metrics';
import { systemClock } from '../../platform/system-clock';
import { Database } from '../../store/database';
import { EventWriter } from '../../store/event-writer';
import { MigrationPlans } from '../../store/migration-plans';
import { storeInOneTable } from './one-table';

/** The API's receiver with its handler, its checks and its groups, over one table. Arguments: the database's address, the port and the actors file. */
async function main(): Promise<void> {
  const [url, port, actorsFile] = process.argv.slice(2);
  if (url === undefined || port === undefined || actorsFile === undefined) throw new Error('Arguments are missing.');
  const logger = createLogger('one-table', 'silent');
  const actors = await Actors.open(actorsFile, systemClock, logger);
  const db = Database.connect({ url, applicationName: 'one-table', connections: 20 });
  const metrics = createApiMetrics(createMetricsRegistry('api'));
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(measureRequests(metrics.requests));
  app.use(helmet());
  app.use(
    eventsRouter({
      ...{ db, clock: systemClock, admit: admitSenders(actors, systemClock), metrics },
      plans: new MigrationPlans(systemClock),
      writer: new EventWriter(db, storeInOneTable),
    }),
  );
  app.use(problemHandler(logger));
  createServer(app).listen(Number(port), '127.0.0.1');
  process.once('SIGTERM', () => process.exit(0));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
