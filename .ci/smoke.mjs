// Uses the product as the README tells a newcomer to: starts it, waits until it is ready, asks the command for help, ends it
// with Ctrl-C, and looks for processes left behind. Prints one line a check, and writes the counts in jest's words.
// usage: node .ci/smoke.mjs <counts.json>
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const READY_WITHIN_MS = 120_000;
const ENDED_WITHIN_MS = 30_000;

const counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
const folder = mkdtempSync(join(tmpdir(), 'warm-handoff-smoke-'));
const home = join(folder, 'home');
// Free ports, so that it does not matter what else runs here.
const ports = ['HANDOFF_PORT', 'SANDBOX_PORT', 'SANDBOX_LEGACY_PORT', 'SANDBOX_TARGET_PORT', 'HANDOFF_POSTGRES_PORT'];
ports.push('HANDOFF_TEMPORAL_PORT', 'HANDOFF_TEMPORAL_UI_PORT', 'HANDOFF_METRICS_PORT');
const env = { ...process.env, HANDOFF_HOME: home, ...Object.fromEntries(ports.map((name) => [name, '0'])) };

let output = '';
const system = spawn('npm', ['start'], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
for (const stream of [system.stdout, system.stderr]) stream.on('data', (chunk) => (output += chunk));
const ended = new Promise((resolve) => system.on('exit', (code, signal) => resolve(code ?? signal)));

/** Counts one check, and says what was seen where it does not hold. */
function check(name, holds, seen = '') {
  counts[holds ? 'numPassedTests' : 'numFailedTests'] += 1;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}${holds ? '' : `: ${seen}`}`);
}

async function until(condition, milliseconds) {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > deadline || system.exitCode !== null) return Boolean(await condition());
    await wait(250);
  }
}

async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status;
  } catch {
    return 0;
  }
}

/** Processes that name this run's folder in their command line or environment. */
function running() {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      const read = (file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'utf8');
        } catch {
          return '';
        }
      };
      const command = read('cmdline');
      return command !== '' && (command.includes(folder) || read('environ').includes(folder)) ? [Number(pid)] : [];
    });
}

const firstUrl = () => /https?:\/\/[^\s/]+:\d+/.exec(output)?.[0];
try {
  const ready = await until(
    async () => firstUrl() !== undefined && (await answers(`${firstUrl()}/readyz`)) === 200,
    READY_WITHIN_MS,
  );
  check('npm start: the first URL printed answers /readyz', ready, `\n${output.slice(-4_000)}`);
  check(
    'its /healthz and /metrics answer',
    (await answers(`${firstUrl()}/healthz`)) === 200 && (await answers(`${firstUrl()}/metrics`)) === 200,
  );
  const help = spawnSync('npx', ['handoff', '--help'], { encoding: 'utf8' });
  check('npx handoff --help names its commands', help.status === 0 && help.stdout.includes('rollback'), help.stderr);
  const asked = spawnSync('npx', ['handoff', 'status', '--json'], { encoding: 'utf8', env });
  const answer = asked.stdout + asked.stderr;
  check(
    'npx handoff status is answered by it',
    asked.status === 4 && answer.includes('"no-migration"'),
    `exit ${asked.status} ${answer}`,
  );
} finally {
  if (system.exitCode === null) process.kill(-system.pid, 'SIGINT');
  const done = await Promise.race([ended.then(() => true), wait(ENDED_WITHIN_MS, false)]);
  check('SIGINT ends it', done, `\n${output.slice(-4_000)}`);
  const left = (await until(() => running().length === 0, 5_000)) ? [] : running();
  check('no process is left', left.length === 0, left.join(' '));
  for (const pid of left) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(process.argv[2], JSON.stringify(counts));
}
process.exit(counts.numFailedTests === 0 ? 0 : 1);
