import { CommandWebhook } from '../../../adapters/webhook/command-webhook';
import { createLogger } from '../../../platform/logger';
import { systemClock } from '../../../platform/system-clock';
import { Database } from '../../../store/database';
import { startRedriver } from '../../../worker/redriver';

/** A worker's redriver as a process of its own, to be killed. Its arguments: the address of the database, where commands go, the secret, and the migration and system that it sends for. */
const [databaseUrl, url, secret, migration, system] = process.argv.slice(2);
if (
  databaseUrl === undefined ||
  url === undefined ||
  secret === undefined ||
  migration === undefined ||
  system === undefined
) {
  throw new Error('Give the address of the database, that of the receiver, the secret, the migration and the system.');
}
const webhook = new CommandWebhook({ url, secret, clock: systemClock });
startRedriver({
  db: Database.connect({ url: databaseUrl, applicationName: 'redriver-to-be-killed' }),
  logger: createLogger('redriver', 'silent'),
  lookEvery: 10,
  senders: { known: [{ migration, system }], find: () => webhook },
});
