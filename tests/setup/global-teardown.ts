import { rmSync } from 'node:fs';
import { forgetServers } from './forsaken-servers';
import { keptTestServers } from './test-servers';

export default async function globalTeardown(): Promise<void> {
  const servers = keptTestServers();
  if (servers === undefined) return;
  await Promise.all(servers.stops.map((stop) => stop()));
  forgetServers(servers.folder);
  rmSync(servers.folder, { recursive: true, force: true });
}
