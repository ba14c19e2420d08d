import { freePort, requireFreePort } from './free-port';

/** Where each part listens on the loopback address; 0 takes any free port. */
export interface SystemPorts {
  api: number;
  sandbox: number;
  legacyStack: number;
  targetStack: number;
  postgres: number;
  temporal: number;
  temporalUi: number;
  /** The worker's metrics. */
  metrics: number;
}

export const ANY_PORTS: SystemPorts = {
  api: 0,
  sandbox: 0,
  legacyStack: 0,
  targetStack: 0,
  postgres: 0,
  temporal: 0,
  temporalUi: 0,
  metrics: 0,
};

const NAMES: Readonly<Record<keyof SystemPorts, { part: string; variable: string }>> = {
  api: { part: 'API', variable: 'HANDOFF_PORT' },
  sandbox: { part: 'sandbox', variable: 'SANDBOX_PORT' },
  legacyStack: { part: "sandbox's legacy stack", variable: 'SANDBOX_LEGACY_PORT' },
  targetStack: { part: "sandbox's target stack", variable: 'SANDBOX_TARGET_PORT' },
  postgres: { part: 'Postgres server', variable: 'HANDOFF_POSTGRES_PORT' },
  temporal: { part: 'Temporal server', variable: 'HANDOFF_TEMPORAL_PORT' },
  temporalUi: { part: 'Temporal UI', variable: 'HANDOFF_TEMPORAL_UI_PORT' },
  metrics: { part: "worker's metrics", variable: 'HANDOFF_METRICS_PORT' },
};

/**
 * Fixes the ports of one run.
 * @param needed those that will be listened on; the others stay as they are
 * @throws PortTaken for the first that another program has
 */
export async function settlePorts(wanted: SystemPorts, needed: readonly (keyof SystemPorts)[]): Promise<SystemPorts> {
  const settled = { ...wanted };
  const declared = needed.filter((name) => wanted[name] !== 0);
  for (const name of declared) {
    await requirePort(wanted, name);
  }
  const used = new Set(declared.map((name) => wanted[name]));
  for (const name of needed.filter((candidate) => wanted[candidate] === 0)) {
    do settled[name] = await freePort();
    while (used.has(settled[name]));
    used.add(settled[name]);
  }
  return settled;
}

/** @throws PortTaken where another program listens on that port */
export async function requirePort(ports: SystemPorts, name: keyof SystemPorts): Promise<void> {
  const { part, variable } = NAMES[name];
  await requireFreePort(part, ports[name], variable);
}
