import { join } from 'node:path';
import { measureHandoff } from './measure-handoff';

/** What a backtest of the whole loan log may take. */
const LIMITS = { seconds: 30, bytes: 1e9 };
const RUNS = 3;

/**
 * `npm run bench:backtest`: the whole command over the loan log, against its limits. HANDOFF_REAL_DATA names the folder of the
 * recorded logs, `../shared/data` beside the repository unless set.
 */
async function main(): Promise<void> {
  const root = join(__dirname, '..');
  const data = process.env['HANDOFF_REAL_DATA'] ?? join(root, '..', 'shared', 'data');
  const log = join(data, 'event-logs', 'loan-applications-2012.csv.gz');
  const args = ['backtest', '--plan', join(root, 'examples', 'loan-funnel.yaml'), '--events', log, '--json'];
  let slowest = 0;
  let largest = 0;
  let events = 0;
  // The first run may build the command; it is not counted.
  for (let run = 0; run <= RUNS; run += 1) {
    const { exitCode, stdout, stderr, took, peakBytes } = await measureHandoff(args);
    if (exitCode !== 0) throw new Error(`The backtest ended with ${String(exitCode)}: ${stderr}`);
    if (run === 0) continue;
    events = (JSON.parse(stdout) as { log: { events: number } }).log.events;
    slowest = Math.max(slowest, took / 1_000);
    largest = Math.max(largest, peakBytes);
  }
  const line = (what: string, measured: string, limit: string, share: number): string =>
    `${what.padEnd(8)} ${measured.padStart(12)}   limit ${limit.padStart(8)}   ${(100 * share).toFixed(1)}% of it`;
  process.stdout.write(
    [
      `${events.toLocaleString('en-US')} events, ${Math.round(events / slowest).toLocaleString('en-US')} a second (the slowest of ${RUNS} runs, start-up included)`,
      line('time', `${slowest.toFixed(2)} s`, `${LIMITS.seconds} s`, slowest / LIMITS.seconds),
      line('memory', `${Math.round(largest / 1e6)} MB`, `${LIMITS.bytes / 1e6} MB`, largest / LIMITS.bytes),
      '',
    ].join('\n'),
  );
  if (slowest > LIMITS.seconds || largest > LIMITS.bytes) process.exitCode = 1;
}

void main();
