import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { cacheFolder } from '../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../supervisor/embedded-postgres';
import { freePort } from '../supervisor/free-port';
import { EVENTS_A_WAVE } from './events/event-stream';
import { measureMemory } from './events/measure-memory';
import { measureSize } from './events/measure-size';
import { measureSpeed } from './events/measure-speed';
import { STATEMENT_SETTINGS } from './events/statement-times';
import { isKept, limitLines, type Limit } from './load/limits';
import { MachineUse } from './load/machine-use';
import { MeasuredProcess } from './load/measured-process';

/** Each slice that many waves of journeys: a minute, so that what is matched after the last answer counts as little as it does in a stream without an end. */
const WAVES_A_SLICE = 16;
/** Before them that many, which are not counted: code is compiled, and plans are made. */
const WAVES_BEFORE = 4;

/**
 * `npm run bench:events`: what it costs to take events in, with all that is made of them. See docs/benchmarks.md.
 *
 *     --check          exits with 1 where a limit is missed
 *     --parts A,B      of speed, memory and size; the first two unless given
 *     --full           all of them: size stores ten million events first, and takes some ten gigabytes and half an hour
 *     --events N       of memory
 *     --stored N       of size
 *     --rounds N       of all contenders in turn
 *     --waves N        of journeys a slice; a wave is 32,000 events
 *     --batch N        events a request
 *     --under-way N    requests at once
 *     --statements     prints what Postgres spent most of its time with; costs some of it
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      parts: { type: 'string', default: 'speed,memory' },
      events: { type: 'string', default: '2000000' },
      stored: { type: 'string', default: '10000000' },
      rounds: { type: 'string', default: '2' },
      waves: { type: 'string', default: String(WAVES_A_SLICE) },
      batch: { type: 'string', default: '250' },
      statements: { type: 'boolean', default: false },
      'under-way': { type: 'string', default: '8' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'bench-events-'));
  mkdirSync(join(folder, 'home'), { mode: 0o711 });
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    env: process.env,
    inOurGroup: true,
    settings: {
      shared_buffers: `${sharedBuffers()}MB`,
      max_wal_size: MAX_WAL_SIZE,
      ...(values.statements && STATEMENT_SETTINGS),
    },
  });
  const sender = MeasuredProcess.start({
    name: 'sender of events',
    script: join(__dirname, 'events', 'sender-process.ts'),
    typescript: true,
  });
  const server = { serverUrl: postgres.url, postgres: postgres.process.pid, folder };
  const batches = { batch: Number(values.batch), underWay: Number(values['under-way']) };
  const limits: Limit[] = [];
  const parts = values.full ? ['speed', 'memory', 'size'] : values.parts.split(',');
  const measure = async (part: string, act: () => Promise<{ lines: string[]; limits: Limit[] }>): Promise<void> => {
    if (!parts.includes(part)) return;
    const machine = new MachineUse();
    const measured = await act();
    tell([`${part}; other programs used ${machine.others.toFixed(0)}% of the machine meanwhile`, ...measured.lines]);
    tell(limitLines(measured.limits));
    limits.push(...measured.limits);
  };
  const rounds = Number(values.rounds);
  try {
    tell([
      `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}; ${await durability(postgres.url)}`,
    ]);
    await measure('speed', () =>
      measureSpeed(sender, {
        ...{ ...server, ...batches, rounds, statements: values.statements },
        slice: Number(values.waves) * EVENTS_A_WAVE,
        before: Math.min(WAVES_BEFORE, Number(values.waves)) * EVENTS_A_WAVE,
      }),
    );
    await measure('memory', () => measureMemory(sender, { ...server, ...batches, events: Number(values.events) }));
    await measure('size', () =>
      measureSize(sender, { ...server, ...batches, rounds, stored: { few: 10_000, many: Number(values.stored) } }),
    );
  } finally {
    await sender.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = values.check && !limits.every(isKept) ? 1 : 0;
}

/** What makes an answer mean that the event is on disk; said, since a benchmark without it would measure something else. */
async function durability(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const settings = ['synchronous_commit', 'fsync', 'full_page_writes'];
  const { rows } = await client.query<{ name: string; setting: string }>(
    'SELECT name, setting FROM pg_settings WHERE name = ANY ($1) ORDER BY name',
    [settings],
  );
  await client.end();
  if (rows.some(({ setting }) => setting !== 'on')) throw new Error('This Postgres is not durable.');
  return `Postgres with ${rows.map(({ name, setting }) => `${name} ${setting}`).join(', ')}`;
}

/** As for any Postgres that is written to all the time: by its own setting it would make a checkpoint after each 500,000 events or so ("WAL Configuration"). */
const MAX_WAL_SIZE = '4GB';

/** In MB: a quarter of the machine, as Postgres' documentation has it for a server of its own ("Resource Consumption"). */
function sharedBuffers(): number {
  return Math.min(8_192, Math.max(128, Math.floor(totalmem() / 2 ** 20 / 4)));
}

function tell(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

// Until all is measured: a process that waits for what never comes ends by itself, and without a word.
process.exitCode = 1;
process.once('exit', (code) => {
  if (code !== 0) console.error('Not everything was measured, or not every limit is kept.');
});
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
