import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { HEAP_ARGS } from '../../supervisor/node-part';
import { freePort } from '../../supervisor/free-port';
import { startOurApi, type OurApi } from '../decisions/our-api';
import { MeasuredProcess } from '../load/measured-process';
import { ONE_TABLE } from './one-table';
import { seededPlan } from './seeded-plan';

/** What receives events, and its database. */
export interface Receiver extends OurApi {
  url: string;
}

/** The API's own process and the worker's sweeper, each as built. */
export interface OurReceiver extends Receiver {
  sweeper: MeasuredProcess;
}

/** @param journeys that have sides */
export async function startOurs(
  serverUrl: string,
  folder: string,
  journeys: number,
  database = 'ours',
): Promise<OurReceiver> {
  const url = await seededPlan(serverUrl, database, journeys);
  const api = await startOurApi(url, folder);
  const script = join(__dirname, '..', 'sweeper-process.ts');
  const sweeper = MeasuredProcess.start({
    name: 'sweeper',
    script,
    args: [url],
    nodeArgs: HEAP_ARGS,
    typescript: true,
  });
  return { ...api, url, sweeper };
}

/** The same receiver over one table. */
export async function startOneTable(serverUrl: string, folder: string): Promise<Receiver> {
  const url = await seededPlan(serverUrl, 'one_table', 0);
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(ONE_TABLE);
  await client.end();
  const port = await freePort();
  const token = randomBytes(24).toString('base64url');
  const actorsFile = join(folder, `actors-${port}.json`);
  const tokenSha256 = createHash('sha256').update(token).digest('hex');
  writeFileSync(
    actorsFile,
    JSON.stringify({ actors: [{ id: 'stacks', name: 'Stacks', roles: ['stack'], tokenSha256 }] }),
  );
  const api = MeasuredProcess.start({
    name: 'receiver over one table',
    script: join(__dirname, 'one-table-api.ts'),
    args: [url, String(port), actorsFile],
    nodeArgs: HEAP_ARGS,
    env: { NODE_ENV: 'production' },
    typescript: true,
  });
  await api.listensAt(port);
  return { process: api, port, token, url };
}
