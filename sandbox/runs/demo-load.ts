import { z } from 'zod';
import { JOURNEY_KINDS } from '../../domain/plan/journey';
import { UNIT_KINDS } from '../../domain/sides/units';
import type { Logger } from '../../platform/logger';
import { runRequestSchema, type RunOrder } from '../control/control-contract';
import { JOURNEY_EVENT_TYPES, type JourneyEventType } from '../journey/journey-events';
import { VOLUME_ONE } from '../journey/patient-profile';
import type { Sandbox } from '../sandbox';

/** Migrations of this prefix bring their own patients: `handoff rehearse` names its so. */
export const REHEARSAL_PREFIX = 'rehearsal-';

/** Patients an hour of the plan's time, and at most so many a second of the wall clock. */
const DEMO_PER_HOUR = 120;
const DEMO_PER_SECOND = 6;
/** Prefixes of examples/payment.yaml. */
const DEMO_PREFIXES = { patient: 'pat', episode: 'ep', subscription: 'sub' };
/** Visitors and subscribers at the volume of a company with 150 new patients a day, and at most so many a second of the wall clock. */
const JOURNEYS_PER_SECOND = 3;
const HANDOFFS = ['payment-to-provider-routing', 'payment-to-next-step-message'];

const migrations = z.object({ migrations: z.array(z.object({ migration: z.string(), state: z.string() })) });
const migration = z.object({
  state: z.string(),
  timeScale: z.number().min(1),
  phases: z.array(z.object({ phase: z.string(), kind: z.string(), unit: z.string() })),
  handoffs: z.array(z.object({ handoff: z.string() })),
  accepts: z
    .object({
      keys: z.partialRecord(z.enum(UNIT_KINDS), z.string()),
      events: z.record(z.string(), z.array(z.string())),
    })
    .default({ keys: {}, events: {} }),
});
type FoundMigration = z.output<typeof migration>;

/** What a plan that speaks of the whole journey may leave out. */
const SPOKEN_OF_BY_SOME: readonly JourneyEventType[] = [
  'record.duplicated',
  'record.mismatched',
  'support.ticketOpened',
  'support.answered',
  'checkin.delivered',
  'stop.received',
  'sender.suppressed',
];

/**
 * Lets patients come by themselves: gently, while a migration is live that these stacks can speak to, and until it ends. Whole journeys
 * where its plan speaks of them (examples/telehealth.yaml), payments where its payment phase has the handoffs that these make
 * (examples/payment.yaml). Looks every second. @returns what stops it
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
    const run = found.state === 'live' ? (journeysFor(id, found) ?? paymentsFor(id, found)) : undefined;
    if (run === undefined) return;
    sandbox.startRun(runRequestSchema.parse(run));
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

/** undefined where the plan does not speak of the whole journey. */
function journeysFor(id: string, found: FoundMigration): RunOrder | undefined {
  const { keys, events } = found.accepts;
  const spoken = JOURNEY_EVENT_TYPES.every((type) => type in events || SPOKEN_OF_BY_SOME.includes(type));
  if (!spoken || keys.patient === undefined || keys.episode === undefined) return undefined;
  const phases = Object.fromEntries(
    JOURNEY_KINDS.flatMap((part) => {
      const phase = found.phases.find(({ kind }) => kind === part)?.phase;
      return phase === undefined ? [] : [[part, phase]];
    }),
  );
  return {
    kind: 'journey',
    migration: id,
    timeScale: found.timeScale,
    visitorsPerHour: Math.min(VOLUME_ONE, (JOURNEYS_PER_SECOND * 3_600) / found.timeScale),
    phases,
    prefixes: {
      patient: keys.patient,
      episode: keys.episode,
      ...(keys.visitor !== undefined && { visitor: keys.visitor }),
      ...(keys.subscription !== undefined && { subscription: keys.subscription }),
    },
    events,
  };
}

/** undefined where its payment phase is not one that these stacks can play. */
function paymentsFor(id: string, found: FoundMigration): RunOrder | undefined {
  const phase = found.phases.find(({ kind, unit }) => kind === 'payment' && unit === 'subscription');
  const speaks = HANDOFFS.every((handoff) => found.handoffs.some((declared) => declared.handoff === handoff));
  if (phase === undefined || !speaks) return undefined;
  return {
    kind: 'payment',
    migration: id,
    phase: phase.phase,
    timeScale: found.timeScale,
    patientsPerHour: Math.min(DEMO_PER_HOUR, (DEMO_PER_SECOND * 3_600) / found.timeScale),
    prefixes: DEMO_PREFIXES,
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
