import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../platform/package-root';
import { freePort } from '../../supervisor/free-port';
import { HEAP_ARGS } from '../../supervisor/node-part';
import { MeasuredProcess } from '../load/measured-process';

export interface OurApi {
  process: MeasuredProcess;
  port: number;
  token: string;
}

/** The API's own process, as built, on that database. Temporal is not there: no side waits for it. */
export async function startOurApi(
  databaseUrl: string,
  folder: string,
  settings: Readonly<Record<string, string>> = {},
  roles: readonly string[] = ['stack'],
): Promise<OurApi> {
  const port = await freePort();
  const token = randomBytes(24).toString('base64url');
  const actorsFile = join(folder, `actors-${port}.json`);
  const tokenSha256 = createHash('sha256').update(token).digest('hex');
  writeFileSync(actorsFile, JSON.stringify({ actors: [{ id: 'stacks', name: 'Stacks', roles, tokenSha256 }] }));
  const api = MeasuredProcess.start({
    name: 'API',
    script: join(packageRoot(), 'dist', 'api', 'main.js'),
    nodeArgs: HEAP_ARGS,
    env: {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      HANDOFF_PAYLOAD_KEY: randomBytes(32).toString('hex'),
      HANDOFF_ACTORS_FILE: actorsFile,
      HANDOFF_HOST: '127.0.0.1',
      HANDOFF_PORT: String(port),
      HANDOFF_LOG_LEVEL: 'warn',
      NODE_ENV: 'production',
      ...settings,
    },
  });
  await api.listensAt(port, '/healthz');
  return { process: api, port, token };
}
