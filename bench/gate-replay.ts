import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HEALTHY } from './gates/scenarios';
import { Streams } from './gates/streams';
import { isKept, limitLines, type Limit } from './load/limits';
import { measureHandoff } from './measure-handoff';

const LINES = 500_000;
const RUNS = 50;
const ROUNDS = 3;
const GATES = ['routing-floor', 'routing-against-legacy'];
/** Of all lines, and how much more memory twice as many may take. */
const MOST = { seconds: 30, growth: 1.25 };

/**
 * `npm run bench:gate-replay`: the whole command over half a million lines of fifty interleaved runs, start-up included, for a floor and a comparison;
 * and its peak memory beside that of half of the lines. `--check` exits with 1 where a limit is missed.
 */
async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gate-replay-'));
  const limits: Limit[] = [];
  try {
    const [few, all] = [join(folder, 'few.ndjson'), join(folder, 'all.ndjson')];
    await writeLines(few, LINES / 2);
    await writeLines(all, LINES);
    // The first run may build the command; it is not counted.
    await replay(few, GATES[0] ?? '');
    for (const gate of GATES) {
      const half = await replay(few, gate);
      const rounds = [];
      for (let round = 0; round < ROUNDS; round += 1) rounds.push(await replay(all, gate));
      const slowest = Math.max(...rounds.map(({ took }) => took)) / 1_000;
      const peak = Math.max(...rounds.map(({ peakBytes }) => peakBytes));
      process.stdout.write(
        `${gate}: ${Math.round(LINES / slowest).toLocaleString('en-US')} lines a second, ${Math.round(peak / 1e6)} MB at the most\n`,
      );
      limits.push(limit(`${gate}: ${LINES.toLocaleString('en-US')} lines`, slowest, MOST.seconds, ' s'));
      limits.push(limit(`${gate}: memory, times that of half of them`, peak / half.peakBytes, MOST.growth, ''));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  process.stdout.write(`${limitLines(limits).join('\n')}\n`);
  if (process.argv.includes('--check') && !limits.every(isKept)) process.exitCode = 1;
}

async function writeLines(path: string, lines: number): Promise<void> {
  const minutes = lines / RUNS;
  const draw = new Streams(HEALTHY.stationary, 200 / 60, 0.25, Math.ceil(minutes / 60) * 60, 90_210);
  const runs = Array.from({ length: RUNS }, () => draw.draw());
  const file = createWriteStream(path);
  for (let minute = 0; minute < minutes; minute += 1) {
    const t = new Date(Date.UTC(2027, 0, 1) + minute * 60_000).toISOString();
    const texts = runs.map((stream, run) => {
      const [kept = 0, missed = 0, legacyKept = 0, legacyMissed = 0] = stream.subarray(4 * minute, 4 * minute + 4);
      const target = { n: kept + missed, kept };
      const legacy = { n: legacyKept + legacyMissed, kept: legacyKept };
      return `${JSON.stringify({ run: `run-${run}`, t, legacy, target })}\n`;
    });
    if (!file.write(texts.join(''))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

async function replay(stream: string, gate: string): Promise<{ took: number; peakBytes: number }> {
  const plan = join(__dirname, '..', 'tests', 'fixtures', 'plans', 'payment.yaml');
  const { exitCode, stderr, took, peakBytes } = await measureHandoff([
    ...['gate', 'replay', '--plan', plan, '--gate', gate, '--stream', stream],
  ]);
  if (exitCode !== 0) throw new Error(`The replay ended with ${String(exitCode)}: ${stderr}`);
  return { took, peakBytes };
}

function limit(what: string, measured: number, atMost: number, unit: string): Limit {
  return { what, measured: { low: measured, median: measured, high: measured }, atMost, unit };
}

void main();
