import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Database } from '../store/database';
import { statementTimes } from './events/statement-times';
import { quantile } from './load/figures';
import { isKept, limitLines, type Limit } from './load/limits';
import { MachineUse } from './load/machine-use';
import { EVENTS_A_JOURNEY, JourneyStream } from './watching/journey-stream';
import { judgeStates } from './watching/judge-states';
import { WatchedPhases } from './watching/watched-phases';
import { startWatchedSystem, type WatchedSystem } from './watching/watched-system';
import { keepWrittenStates, readCountableOutcomes, readWrittenStates } from './watching/written-states';

const LIMITS = { lagMs: 2_000, cores: 1, residentMB: 600 };
/** Before what is measured: the first outcomes mature after nine seconds, and code is compiled. */
const SECONDS_BEFORE = 20;
/** What became countable last has this long to be counted. */
const COUNTED_WITHIN_MS = 10_000;
const SAMPLED_EVERY_MS = 1_000;

/**
 * `npm run bench:watching`: one worker watches many phases while events come in, matches them, and judges their gates. See docs/benchmarks.md.
 *
 *     --check          exits with 1 where a limit is missed
 *     --phases N       each of a migration of its own, with four gates
 *     --rate N         events a second, over all of them
 *     --seconds N      that are measured
 *     --statements     prints what Postgres spent most of its time with; costs some of it
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      phases: { type: 'string', default: '300' },
      rate: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '60' },
      statements: { type: 'boolean', default: false },
    },
  });
  const [phases, rate, seconds] = [Number(values.phases), Number(values.rate), Number(values.seconds)];
  const machine = new MachineUse();
  const system = await startWatchedSystem({ statements: values.statements });
  const db = Database.connect({ url: system.databaseUrl, applicationName: 'bench' });
  const memory = sampleMemory(system);
  try {
    await keepWrittenStates(db);
    const watched = new WatchedPhases(system, db, phases);
    const began = Date.now();
    await watched.start();
    process.stderr.write(`${phases} phases are watched after ${Math.round(process.uptime())} s\n`);
    const startedIn = (Date.now() - began) / 1_000;
    const journeysASecond = rate / EVENTS_A_JOURNEY;
    const sides = await watched.place(Math.ceil(journeysASecond * (SECONDS_BEFORE + seconds + 5)));
    const { apiPort: port, tokens } = system;
    const token = tokens['sandbox-stacks'] ?? '';
    const stream = new JourneyStream({ ...{ port, token, sides, journeysASecond }, migrations: watched.migrations });
    stream.start();
    await delay(SECONDS_BEFORE * 1_000);
    const before = { ...(await system.cpu()), at: Date.now(), stored: stream.stored };
    await delay(seconds * 1_000);
    const after = { ...(await system.cpu()), at: Date.now(), stored: stream.stored };
    await stream.stop();
    await delay(COUNTED_WITHIN_MS);
    const still = await watched.watching();
    const states = await readWrittenStates(db);
    // Second: what is countable since has not been counted yet.
    const judged = judgeStates(states, await readCountableOutcomes(db), { from: before.at, until: after.at });
    const wall = (after.at - before.at) / 1_000;
    const cores = (part: 'worker' | 'Postgres' | 'API' | 'Temporal'): number =>
      (after[part] - before[part]) / 1e6 / wall;
    const p = (share: number): string => `${quantile(judged.lags, share).toFixed(0)} ms`;
    tell([
      `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}; other programs used ${machine.others.toFixed(0)}% of the machine meanwhile`,
      `${phases} phases with four gates each, watched ${startedIn.toFixed(0)} s after the first was started; ${still} are watched at the end`,
      `${((after.stored - before.stored) / wall).toFixed(0)} events a second for ${wall.toFixed(0)} s, the latest batch ${stream.behind.toFixed(0)} ms behind; ` +
        `${judged.lags.length.toLocaleString('en-US')} times an outcome was counted`,
      `lag p50 ${p(0.5)}, p95 ${p(0.95)}, p99 ${p(0.99)}, max ${p(1)}`,
      `cores: worker ${cores('worker').toFixed(2)}, Postgres ${cores('Postgres').toFixed(2)}, API ${cores('API').toFixed(2)}, Temporal ${cores('Temporal').toFixed(2)}`,
      `checked: ${judged.checked.toLocaleString('en-US')} verdicts, each on just the outcomes that had a number by then; ${judged.wrong.length} wrong`,
      ...judged.wrong.slice(0, 5),
      ...(values.statements ? await statementTimes(system.databaseUrl, stream.stored) : []),
    ]);
    if (still !== phases) throw new Error('A phase is no longer watched.');
    if (judged.wrong.length > 0 || judged.checked === 0)
      throw new Error('A verdict counts something else than there is.');
    const limits = [
      limitOf('lag p99 / 2 s', quantile(judged.lags, 0.99) / LIMITS.lagMs),
      limitOf('worker CPU / one core', cores('worker') / LIMITS.cores),
      limitOf('worker RSS / 600 MB', memory.mostBytes / 1e6 / LIMITS.residentMB),
    ];
    tell(limitLines(limits));
    if (values.check && !limits.every(isKept)) process.exitCode = 1;
  } finally {
    memory.stop();
    await db.close();
    await system.stop();
  }
}

/** The most that the worker held, from its start on. */
function sampleMemory({ worker }: WatchedSystem): { readonly mostBytes: number; stop(): void } {
  let mostBytes = 0;
  const timer = setInterval(() => {
    worker.usage().then(
      ({ residentBytes }) => (mostBytes = Math.max(mostBytes, residentBytes)),
      // Whoever waits for it says so.
      () => undefined,
    );
  }, SAMPLED_EVERY_MS);
  return {
    get mostBytes() {
      return mostBytes;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}

function limitOf(what: string, ratio: number): Limit {
  return { what, measured: { median: ratio, low: ratio, high: ratio }, atMost: 1 };
}

function tell(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
