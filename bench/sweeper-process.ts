import { createLogger } from '../platform/logger';
import { Database } from '../store/database';
import { startSweeper } from '../worker/sweeper';

/** A worker's sweeper as a process of its own. Its argument is the database's address. */
const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('Give the address of the database.');
const sweeper = startSweeper({
  db: Database.connect({ url, applicationName: 'worker' }),
  logger: createLogger('sweeper', 'silent'),
});
process.once('SIGTERM', () => {
  void sweeper.stop().then(() => process.exit(0));
});
