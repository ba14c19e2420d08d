import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type * as StartSystem from '../../supervisor/start-system';
import { readCliConfiguration } from '../config';
import type { CliIo } from '../io';
import { clearForsaken, TEMPORARY_PREFIX } from './clear-forsaken';
import { cannotRehearse } from './rehearsal-failure';

// Who looks for a system that runs has no need of what starts one.
const later = createRequire(__filename);

/** A running product with its sandbox, and the people who may speak to it. */
export interface RehearsalSystem {
  /** `running` was there before and stays; `temporary` goes with the rehearsal. */
  kind: 'running' | 'temporary';
  apiUrl: string;
  sandboxUrl: string;
  temporalAddress: string;
  /** The `temporal` program. */
  temporalBinary: string;
  /** By actor's id. */
  tokens: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const clientFile = z.object({
  url: z.url(),
  tokens: z.record(z.string(), z.string()),
  sandboxUrl: z.url().optional(),
  temporalAddress: z.string(),
  temporalBinary: z.string().optional(),
});

/**
 * The system that `npm start` runs here, if it answers; else one of the rehearsal's own, in a folder that goes with it.
 * @throws CliFailure `rehearsal-in-production` or `not-a-rehearsal-system`, StartFailure
 */
export async function openRehearsalSystem(
  io: CliIo,
  options: { temporary: boolean; tell: (message: string) => void },
): Promise<RehearsalSystem> {
  if (io.env['NODE_ENV'] === 'production') {
    throw cannotRehearse(
      'rehearsal-in-production',
      'This is production (NODE_ENV). A rehearsal breaks stacks on purpose: run it where no patient is.',
    );
  }
  const { url, home } = readCliConfiguration(io.env);
  const running = options.temporary ? undefined : await findRunningSystem(home);
  if (running !== undefined && (url === undefined || sameOrigin(url, running.apiUrl))) return running;
  if (url !== undefined && !options.temporary) {
    throw cannotRehearse(
      'not-a-rehearsal-system',
      "HANDOFF_URL is not the system that 'npm start' runs here, and a rehearsal needs that one's sandbox and the tokens of its people. " +
        'Unset HANDOFF_URL, or add --temporary for a system of its own.',
    );
  }
  return startTemporary(io.signal, options.tell);
}

/** The system that `npm start` runs here; undefined where none answers. */
export async function findRunningSystem(home: string): Promise<RehearsalSystem | undefined> {
  let client: z.output<typeof clientFile>;
  try {
    client = clientFile.parse(JSON.parse(await readFile(join(home, 'client.json'), 'utf8')));
    const ready = await fetch(new URL('/readyz', client.url), { signal: AbortSignal.timeout(3_000) });
    if (!ready.ok || client.sandboxUrl === undefined) return undefined;
    await fetch(new URL('/healthz', client.sandboxUrl), { signal: AbortSignal.timeout(3_000) });
  } catch {
    // A file that a stopped system left behind, or none.
    return undefined;
  }
  return {
    kind: 'running',
    apiUrl: client.url,
    sandboxUrl: client.sandboxUrl,
    temporalAddress: client.temporalAddress,
    temporalBinary: client.temporalBinary ?? 'temporal',
    tokens: client.tokens,
    close: () => Promise.resolve(),
  };
}

async function startTemporary(signal: AbortSignal, tell: (message: string) => void): Promise<RehearsalSystem> {
  const forsaken = await clearForsaken();
  if (forsaken > 0) tell(`Cleared away ${forsaken} system(s) that killed rehearsals had left.`);
  const home = await mkdtemp(join(tmpdir(), TEMPORARY_PREFIX));
  const remove = (): Promise<void> => rm(home, { recursive: true, force: true });
  try {
    const { startSystem } = later('../../supervisor/start-system') as typeof StartSystem;
    const system = await startSystem({ home, signal, tell });
    if (system.sandboxUrl === undefined) throw new Error('A system was started without its sandbox.');
    return {
      kind: 'temporary',
      apiUrl: system.apiUrl,
      sandboxUrl: system.sandboxUrl,
      temporalAddress: system.temporalAddress,
      temporalBinary: system.temporalBinary ?? 'temporal',
      tokens: system.tokens,
      close: async () => {
        await system.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function sameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && new URL(one).origin === new URL(other).origin;
}
