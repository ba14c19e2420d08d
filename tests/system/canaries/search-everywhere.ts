import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { Client as PgClient } from 'pg';
import { EncryptionCodec } from '../../../platform/payload-codec';
import type { Canaries } from './canaries';
import type { CanarySystem } from './canary-system';

export const PLACES = ['database', 'logs', 'histories', 'metrics', 'notices', 'answers'] as const;

/** All that could hold what nobody may keep, as texts, each with where it was found. */
export type Places = Record<(typeof PLACES)[number], [string, string][]>;

/** What of the planted is in a place, and where. */
export function foundIn(place: readonly (readonly [string, string])[], canaries: Canaries): string[] {
  return [...new Set(place.flatMap(([where, text]) => canaries.foundIn(text).map((what) => `${what}, in ${where}`)))];
}

/** Takes it all out of a running system. */
export async function placesOf(world: CanarySystem): Promise<Places> {
  const metrics = await Promise.all([apiMetrics(world), workerMetrics(world)]);
  return {
    database: await database(world),
    histories: await histories(world),
    logs: logs(world),
    metrics,
    notices: Object.entries(world.notices()).flatMap(([channel, texts]) =>
      texts.map((text): [string, string] => [channel, text]),
    ),
    answers: world.answers.map((text) => ['answer', text]),
  };
}

/**
 * Ends the system and looks through every byte that it leaves on disk: `left` is what of the canaries is there, and where; `kept`, what of the controls
 * Postgres has.
 */
export async function foundOnDisk(
  world: CanarySystem,
  { canaries, controls }: { canaries: Canaries; controls: Canaries },
): Promise<{ left: string[]; kept: string[] }> {
  await world.end();
  const left: string[] = [];
  const kept: string[] = [];
  for (const [file, bytes] of filesOf(world)) {
    left.push(...canaries.foundInBytes(bytes).map((what) => `${what}, in ${file}`));
    if (file.startsWith('postgres')) kept.push(...controls.foundInBytes(bytes));
  }
  return { left, kept };
}

function* filesOf(world: CanarySystem): Generator<[string, Buffer]> {
  for (const entry of readdirSync(world.home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    yield [relative(world.home, path), readFileSync(path)];
  }
}

/** Every row of every table there is, and what sessions do. Bytes are in hexadecimal. */
async function database(world: CanarySystem): Promise<[string, string][]> {
  const client = new PgClient({ connectionString: world.running.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY name`,
    );
    const found: [string, string][] = [];
    for (const { name } of [...rows, { name: 'pg_stat_activity' }]) {
      const table = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      found.push(...table.rows.map(({ row }): [string, string] => [name, row]));
    }
    return found;
  } finally {
    await client.end();
  }
}

function logs(world: CanarySystem): [string, string][] {
  const folder = join(world.home, 'logs');
  return readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]);
}

async function apiMetrics(world: CanarySystem): Promise<[string, string]> {
  return ['api', (await world.ask('engineer-1', '/metrics')).body];
}

async function workerMetrics(world: CanarySystem): Promise<[string, string]> {
  return ['worker', await (await fetch(world.running.workerMetricsUrl)).text()];
}

/** Every workflow with its ids, attributes and whole history, payloads as they are kept and as our own processes read them. */
async function histories(world: CanarySystem): Promise<[string, string][]> {
  const connection = await Connection.connect({ address: world.running.temporalAddress });
  const client = new Client({ connection });
  const codec = new EncryptionCodec(Buffer.from(world.payloadKey, 'hex'));
  const found: [string, string][] = [];
  try {
    for await (const workflow of client.workflow.list()) {
      const { workflowId, runId } = workflow;
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const payloads: string[] = [];
      for (const payload of payloadsIn(history)) {
        payloads.push(textOf(payload));
        const [clear] = await codec.decode([payload], { type: 'workflow', namespace: 'default', workflowId });
        if (clear !== undefined) payloads.push(textOf(clear));
      }
      found.push([workflowId, [JSON.stringify(workflow.raw), JSON.stringify(history), ...payloads].join('\n')]);
    }
  } finally {
    await connection.close();
  }
  return found;
}

function* payloadsIn(value: unknown): Generator<Payload> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if ('metadata' in value && 'data' in value) yield value as Payload;
  for (const inner of Object.values(value)) yield* payloadsIn(inner);
}

function textOf({ data, metadata }: Payload): string {
  const texts = [...Object.values(metadata ?? {}), data ?? new Uint8Array()].map((bytes) =>
    Buffer.from(bytes).toString(),
  );
  return texts.join(' ');
}
