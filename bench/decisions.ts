import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../supervisor/embedded-postgres';
import { freePort } from '../supervisor/free-port';
import { measureMemory } from './decisions/measure-memory';
import { measureSize } from './decisions/measure-size';
import { measureSpeed } from './decisions/measure-speed';
import { isKept, limitLines, type Limit } from './load/limits';
import { LoadProcess } from './load/load-process';
import { MachineUse } from './load/machine-use';

/**
 * `npm run bench:decisions`: what a side costs, beside servers that do less. See docs/benchmarks.md.
 *
 *     --check          exits with 1 where a limit is missed
 *     --parts A,B      of speed, memory and size; the first two unless given
 *     --full           all of them: size fills a table with ten million rows, and takes some gigabytes and minutes
 *     --rounds N       of all contenders in turn
 *     --slice MS       of one contender at one pace
 *     --known N        units that have a side, in speed
 *     --units N        units of the first measurement of memory
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      parts: { type: 'string', default: 'speed,memory' },
      rounds: { type: 'string', default: '15' },
      slice: { type: 'string', default: '2000' },
      known: { type: 'string', default: '50000' },
      units: { type: 'string', default: '1000000' },
    },
  });
  const parts = values.full ? ['speed', 'memory', 'size'] : values.parts.split(',');
  const [rounds, slice] = [Number(values.rounds), Number(values.slice)];
  const folder = mkdtempSync(join(tmpdir(), 'bench-decisions-'));
  mkdirSync(join(folder, 'home'), { mode: 0o711 });
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    env: process.env,
    inOurGroup: true,
    settings: { shared_buffers: `${sharedBuffers()}MB` },
  });
  const load = LoadProcess.start();
  const server = { serverUrl: postgres.url, postgres: postgres.process.pid, folder };
  const limits: Limit[] = [];
  const measure = async (part: string, act: () => Promise<{ lines: string[]; limits: Limit[] }>): Promise<void> => {
    if (!parts.includes(part)) return;
    const machine = new MachineUse();
    const measured = await act();
    tell([`${part}; other programs used ${machine.others.toFixed(0)}% of the machine meanwhile`, ...measured.lines]);
    tell(limitLines(measured.limits));
    limits.push(...measured.limits);
  };
  try {
    tell([`${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}`]);
    await measure('speed', () => measureSpeed(load, { ...server, rounds, slice, knownUnits: Number(values.known) }));
    await measure('memory', () => measureMemory(load, { ...server, units: Number(values.units) }));
    await measure('size', () =>
      measureSize(load, { ...server, rounds, slice, rows: { few: 10_000, many: 10_000_000 } }),
    );
  } finally {
    await load.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.check && !limits.every(isKept)) process.exitCode = 1;
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
