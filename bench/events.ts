import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { cacheFolder } from '../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../supervisor/embedded-postgres';
import { freePort } from '../supervisor/free-port';
import { startOneTable, startOurs, type OurReceiver, type Receiver } from './events/contenders';
import { EVENTS_A_WAVE, journeysOf } from './events/event-stream';
import { measureReceiving, type EventBatches, type Received } from './events/measure-receiving';
import { PlainInsert } from './events/plain-insert';
import { checkFacts } from './events/right-facts';
import { STATEMENT_SETTINGS, statementTimes } from './events/statement-times';
import { spreadOf } from './load/figures';
import { isKept, limitLines, type Limit } from './load/limits';
import { MachineUse } from './load/machine-use';
import { MeasuredProcess } from './load/measured-process';

/** Each slice that many waves of journeys. */
const WAVES_A_SLICE = 2;

/**
 * `npm run bench:events`: what it costs to take events in, with all that is made of them. See docs/benchmarks.md.
 *
 *     --check          exits with 1 where a limit is missed
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
      rounds: { type: 'string', default: '3' },
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
    settings: { shared_buffers: `${sharedBuffers()}MB`, ...(values.statements && STATEMENT_SETTINGS) },
  });
  const sender = MeasuredProcess.start({
    name: 'sender of events',
    script: join(__dirname, 'events', 'sender-process.ts'),
    typescript: true,
  });
  const server = { serverUrl: postgres.url, postgres: postgres.process.pid, folder };
  const batches = { batch: Number(values.batch), underWay: Number(values['under-way']) };
  const limits: Limit[] = [];
  try {
    tell([
      `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}; ${await durability(postgres.url)}`,
    ]);
    const machine = new MachineUse();
    const rounds = Number(values.rounds);
    const measured = await measureSpeed(sender, {
      ...server,
      ...batches,
      statements: values.statements,
      rounds,
      slice: Number(values.waves) * EVENTS_A_WAVE,
    });
    tell([`speed; other programs used ${machine.others.toFixed(0)}% of the machine meanwhile`, ...measured.lines]);
    tell(limitLines(measured.limits));
    limits.push(...measured.limits);
  } finally {
    await sender.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.check && !limits.every(isKept)) process.exitCode = 1;
}

interface SpeedOptions extends EventBatches {
  serverUrl: string;
  postgres: number;
  folder: string;
  rounds: number;
  statements: boolean;
  /** Events a slice: whole waves. */
  slice: number;
}

async function measureSpeed(
  sender: MeasuredProcess,
  { serverUrl, postgres, folder, rounds, slice, statements, ...batches }: SpeedOptions,
): Promise<{ lines: string[]; limits: Limit[] }> {
  const events = slice * (rounds + 1);
  const ours: OurReceiver = await startOurs(serverUrl, folder, journeysOf(events));
  const oneTable: Receiver = await startOneTable(serverUrl, folder);
  const plain = await PlainInsert.open(oneTable.url, batches.batch);
  const all: Record<'ours' | 'oneTable', Received[]> = { ours: [], oneTable: [] };
  const plainRates: number[] = [];
  try {
    // The first is not counted: code is compiled, and plans are made.
    for (let round = 0; round <= rounds; round += 1) {
      const part = { first: round * slice, count: slice };
      // What stays to be looked at later is not done while others are measured.
      process.kill(ours.sweeper.pid, 'SIGCONT');
      const our = await measureReceiving(sender, ours, part, batches, postgres);
      process.kill(ours.sweeper.pid, 'SIGSTOP');
      const one = await measureReceiving(sender, oneTable, part, batches, postgres);
      const rate = await plain.run(part.first, part.count);
      if (round === 0) continue;
      all.ours.push(our);
      all.oneTable.push(one);
      plainRates.push(rate);
    }
    process.kill(ours.sweeper.pid, 'SIGCONT');
    const right = await checkFacts(ours.url, events);
    const ratios = (of: readonly number[]): number[] =>
      all.ours.map(({ perSecond }, n) => perSecond / (of[n] ?? Number.NaN));
    return {
      lines: [
        `batches of ${batches.batch}, ${batches.underWay} under way; of ours until all of them are matched as well`,
        lineOf('ours, with all projections', all.ours),
        lineOf('one table, no projections', all.oneTable),
        `  ${'multi-row INSERT through pg'.padEnd(28)} ${Math.round(spreadOf(plainRates).median)} events/s`,
        `  checked: ${right}`,
        ...(statements ? await statementTimes(ours.url, events) : []),
      ],
      limits: [
        {
          what: 'ours, events a second',
          measured: spreadOf(all.ours.map(({ perSecond }) => perSecond)),
          atLeast: 5_000,
        },
        {
          what: 'ours / one table',
          measured: spreadOf(ratios(all.oneTable.map(({ perSecond }) => perSecond))),
          atLeast: 0.4,
        },
        { what: 'ours / multi-row INSERT', measured: spreadOf(ratios(plainRates)), atLeast: 0 },
      ],
    };
  } finally {
    process.kill(ours.sweeper.pid, 'SIGCONT');
    await plain.close();
    await ours.sweeper.stop();
    await ours.process.stop();
    await oneTable.process.stop();
  }
}

function lineOf(name: string, received: readonly Received[]): string {
  const median = (of: (one: Received) => number): number => spreadOf(received.map(of)).median;
  return (
    `  ${name.padEnd(28)} ${Math.round(median((one) => one.perSecond))} events/s; batch p50 ${median((one) => one.p50).toFixed(0)} ms, p99 ${median((one) => one.p99).toFixed(0)} ms; ` +
    `matched ${median((one) => one.behind).toFixed(1)} s after the last answer; CPU µs an event: receiver ${median((one) => one.cpu.receiver).toFixed(0)}, ` +
    `Postgres ${median((one) => one.cpu.postgres).toFixed(0)}, sweeper ${median((one) => one.cpu.sweeper).toFixed(0)}, sender ${median((one) => one.ownCpu / (one.stored + one.duplicates)).toFixed(0)}`
  );
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

/** In MB: a quarter of the machine, as Postgres' documentation has it for a server of its own ("Resource Consumption"). */
function sharedBuffers(): number {
  return Math.min(8_192, Math.max(128, Math.floor(totalmem() / 2 ** 20 / 4)));
}

function tell(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
