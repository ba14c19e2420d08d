import type { EmbeddedPostgres } from '../../supervisor/embedded-postgres';
import type { EmbeddedTemporal } from '../../supervisor/embedded-temporal';

export interface TestServers {
  folder: string;
  postgres: EmbeddedPostgres;
  temporal: EmbeddedTemporal;
}

const holder = globalThis as typeof globalThis & { warmHandoffTestServers?: TestServers };

/** Hands the servers from jest's global setup to its teardown, which runs in the same process. */
export function keepTestServers(servers: TestServers): void {
  holder.warmHandoffTestServers = servers;
}

export function keptTestServers(): TestServers | undefined {
  return holder.warmHandoffTestServers;
}
