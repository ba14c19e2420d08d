import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../supervisor/embedded-postgres';
import { freePort } from '../supervisor/free-port';
import { measureSpeed } from './decisions/measure-speed';
import { isKept, limitLines, type Limit } from './load/limits';
import { LoadProcess } from './load/load-process';
import { MachineUse } from './load/machine-use';

/**
 * `npm run bench:decisions`: what a side costs, beside servers that do less. See docs/benchmarks.md.
 *
 *     --check          exits with 1 where a limit is missed
 *     --rounds N       of all contenders in turn
 *     --slice MS       of one contender at one pace
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '10' },
      slice: { type: 'string', default: '2000' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'bench-decisions-'));
  mkdirSync(join(folder, 'home'), { mode: 0o711 });
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    env: process.env,
  });
  const load = LoadProcess.start();
  const limits: Limit[] = [];
  try {
    const machine = new MachineUse();
    const server = { serverUrl: postgres.url, postgres: postgres.process.pid, folder };
    const speed = await measureSpeed(load, { ...server, rounds: Number(values.rounds), slice: Number(values.slice) });
    const { others } = machine;
    tell([
      `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}; other programs used ${others.toFixed(0)}% of the machine meanwhile`,
      ...speed.lines,
    ]);
    limits.push(...speed.limits);
    tell(limitLines(limits));
  } finally {
    await load.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.check && !limits.every(isKept)) process.exitCode = 1;
}

function tell(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
