import { z } from 'zod';
import type { Logger } from '../../platform/logger';
import type { Sandbox } from '../sandbox';

/** Migrations of this prefix bring their own patients: `handoff rehearse` names its so. */
export const REHEARSAL_PREFIX = 'rehearsal-';

/** Patients an hour of the plan's time, and at most so many a second of the wall clock. */
const DEMO_PER_HOUR = 120;
const DEMO_PER_SECOND = 6;
/** Prefixes of examples/payment.yaml. */
const DEMO_PREFIXES = { patient: 'pat', episode: 'ep', subscription: 'sub' };
const HANDOFFS = ['payment-to-provider-routing', 'payment-to-next-step-message'];

const migrations = z.object({ migrations: z.array(z.object({ migration: z.string(), state: z.string() })) });
const migration = z.object({
  state: z.string(),
  timeScale: z.number().min(1),
  phases: z.array(z.object({ phase: z.string(), kind: z.string(), unit: z.string() })),
  handoffs: z.array(z.object({ handoff: z.string() })),
});

/**
 * Lets patients come by themselves: gently, while a migration is live whose payment phase has the handoffs that these stacks make
 * (examples/payment.yaml), and until it ends. Looks every second. @returns what stops it
 */
export function startDemoLoad(
  sandbox: Sandbox,
  api: { url: string; token: string },
  logger: Logger,
): () => Promise<void> {
  const stopped = new AbortController();
  const started = new Set<string>();

  const look = async (): Promise<void> => {
    const { migrations: all } = migrations.parse(await get(api, '/v1/migrations', stopped.signal));
    for (const { migration: id, state } of all) {
      if (state === 'live' && !id.startsWith(REHEARSAL_PREFIX) && sandbox.runOf(id) === undefined) await attend(id);
      if (state !== 'live' && started.delete(id)) sandbox.stopRun(id);
    }
  };

  const attend = async (id: string): Promise<void> => {
    const found = migration.parse(await get(api, `/v1/migrations/${encodeURIComponent(id)}`, stopped.signal));
    const phase = found.phases.find(({ kind, unit }) => kind === 'payment' && unit === 'subscription');
    const speaks = HANDOFFS.every((handoff) => found.handoffs.some((declared) => declared.handoff === handoff));
    if (phase === undefined || !speaks || found.state !== 'live') return;
    const patientsPerHour = Math.min(DEMO_PER_HOUR, (DEMO_PER_SECOND * 3_600) / found.timeScale);
    sandbox.startRun({
      kind: 'payment',
      migration: id,
      phase: phase.phase,
      timeScale: found.timeScale,
      patientsPerHour,
      prefixes: DEMO_PREFIXES,
    });
    started.add(id);
  };

  let quiet = false;
  const watch = async (): Promise<void> => {
    for (;;) {
      try {
        await look();
        quiet = false;
      } catch (error) {
        // The API may not be up yet, or be restarting: said once, then looked again.
        if (!quiet && !stopped.signal.aborted) {
          logger.warn({ because: error instanceof Error ? error.name : 'unknown' }, 'cannot see migrations yet');
        }
        quiet = true;
      }
      if (stopped.signal.aborted) return;
      await pause(1_000, stopped.signal);
    }
  };
  const watching = watch();
  return () => {
    stopped.abort();
    return watching;
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}

async function get(api: { url: string; token: string }, path: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(new URL(path, api.url), {
    headers: { authorization: `Bearer ${api.token}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
  });
  if (!response.ok) throw new Error(`The API answered ${response.status}.`);
  return response.json();
}
