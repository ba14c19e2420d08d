export interface TestServers {
  folder: string;
  /** Ends one server each. */
  stops: readonly (() => Promise<void>)[];
}

const holder = globalThis as typeof globalThis & { warmHandoffTestServers?: TestServers };

/** Hands the servers from jest's global setup to its teardown, which runs in the same process. */
export function keepTestServers(servers: TestServers): void {
  holder.warmHandoffTestServers = servers;
}

export function keptTestServers(): TestServers | undefined {
  return holder.warmHandoffTestServers;
}
