import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '../domain/plan/journey';

/** The people of the demo, whose tokens are printed. */
export const DEMO_ACTORS = [
  { id: 'release-manager-1', name: 'Release manager 1', roles: ['release-manager'] },
  { id: 'release-manager-2', name: 'Release manager 2', roles: ['release-manager'] },
  { id: 'engineer-1', name: 'Engineer 1', roles: ['engineer'] },
  { id: 'clinical-lead-1', name: 'Clinical lead 1', roles: ['clinical-lead'] },
  { id: 'gate-automation', name: 'Gate automation', roles: ['automation'] },
] as const satisfies readonly DemoActor[];

/** The sandbox's stacks: they send events, ask for sides, and see which migrations are under way (`automation`). */
export const SANDBOX_ACTOR = {
  id: 'sandbox-stacks',
  name: 'Sandbox stacks',
  roles: ['stack', 'automation'],
} as const satisfies DemoActor;

interface DemoActor {
  id: string;
  name: string;
  roles: readonly Role[];
}

interface ListedActor extends DemoActor {
  tokenSha256: string;
}

/** What the `handoff` command reads to find the running system. */
export interface ClientFile {
  url: string;
  /** By actor's id. */
  tokens: Record<string, string>;
  sandboxUrl?: string;
  temporalAddress: string;
  temporalUi?: string;
  temporalBinary?: string;
}

const ONLY_OWNER = 0o600;

/** The key of the payload codec, 64 hexadecimal digits: made once, as what was encrypted with it must stay readable. */
export function payloadKey(home: string): string {
  const file = join(home, 'payload.key');
  if (!existsSync(file)) writeWhole(file, `${randomBytes(32).toString('hex')}\n`);
  return readFileSync(file, 'utf8').trim();
}

/** Tokens by actor, the same over restarts. */
export function demoTokens(home: string): Record<string, string> {
  const known = readJson<Partial<ClientFile>>(clientFile(home))?.tokens ?? {};
  return Object.fromEntries(
    [...DEMO_ACTORS, SANDBOX_ACTOR].map(({ id }) => [id, known[id] ?? randomBytes(24).toString('base64url')]),
  );
}

/**
 * Lists the demo's actors in `actors.json`, with hashes only; actors that somebody added stay.
 * @returns the file's path
 */
export function writeActors(home: string, tokens: Readonly<Record<string, string>>): string {
  const file = join(home, 'actors.json');
  const ours: ListedActor[] = [...DEMO_ACTORS, SANDBOX_ACTOR].map((actor) => ({
    ...actor,
    tokenSha256: createHash('sha256')
      .update(tokens[actor.id] ?? '')
      .digest('hex'),
  }));
  const others = (readJson<{ actors?: ListedActor[] }>(file)?.actors ?? []).filter(
    ({ id }) => !ours.some((actor) => actor.id === id),
  );
  writeWhole(file, `${JSON.stringify({ actors: [...ours, ...others] }, null, 2)}\n`);
  return file;
}

export function writeClient(home: string, client: ClientFile): void {
  writeWhole(clientFile(home), `${JSON.stringify(client, null, 2)}\n`);
}

function clientFile(home: string): string {
  return join(home, 'client.json');
}

function readJson<Content>(file: string): Content | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content;
  } catch {
    return undefined;
  }
}

/** By a rename: whoever reads sees the old or the new, and nobody else sees either. */
function writeWhole(file: string, content: string): void {
  const whole = `${file}.new-${process.pid}`;
  writeFileSync(whole, content, { mode: ONLY_OWNER });
  renameSync(whole, file);
}
