import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from '../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../supervisor/embedded-postgres';
import { freePort } from '../supervisor/free-port';
import { FLAG } from './decisions/benchmark-plan';
import { startOurApi, type OurApi } from './decisions/our-api';
import { expectedSide, seededDatabase } from './decisions/seeded-database';
import { isKept, limitLines, type Limit } from './load/limits';
import { REFUSED, type LoadResult } from './load/load';
import { LoadProcess } from './load/load-process';
import { MachineUse } from './load/machine-use';

const LOOK_EVERY_MS = 500;
/** The highest resident set of any later window, beside that of the first. */
const GROWS_AT_MOST = 1.2;

interface Window {
  load: LoadResult;
  highest: number;
}

/**
 * `npm run bench:arrivals`: nobody has been here before. So many new units a second ask one API process for their side, for minutes. Each must
 * get the right one, or a refusal that says when to ask again; and the process may not grow. See docs/benchmarks.md.
 *
 *     --check            exits with 1 where a limit is missed
 *     --seconds N        in all, in five windows
 *     --rate N           new units a second
 *     --connections N    questions that may be under way at once: whoever finds none free waits for one
 *     --known N          units that the process may remember
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '300' },
      rate: { type: 'string', default: '10000' },
      connections: { type: 'string', default: '6000' },
      known: { type: 'string', default: '200000' },
    },
  });
  const windows = 5;
  const [ms, rate] = [(Number(values.seconds) / windows) * 1_000, Number(values.rate)];
  const folder = mkdtempSync(join(tmpdir(), 'bench-arrivals-'));
  mkdirSync(join(folder, 'home'), { mode: 0o711 });
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    env: process.env,
  });
  const load = LoadProcess.start();
  const machine = new MachineUse();
  try {
    const api = await startOurApi(await seededDatabase(postgres.url, 'arrivals', 0), folder, {
      HANDOFF_KNOWN_SIDES: values.known,
    });
    const measured: Window[] = [];
    try {
      for (let window = 0; window < windows; window += 1) {
        const units = { first: window * 100_000_000, count: 100_000_000, at: 0 };
        measured.push(
          await highestWhile(api, () =>
            load.run({
              ...{ port: api.port, token: api.token, flag: FLAG, connections: Number(values.connections), units },
              ...{ pace: { kind: 'rate', perSecond: rate }, until: { kind: 'time', ms } },
            }),
          ),
        );
      }
    } finally {
      await api.process.stop();
    }
    tell([
      `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}; other programs used ${machine.others.toFixed(0)}% of the machine meanwhile`,
      `${rate} new units a second; the process may remember ${values.known}`,
      '',
      row(['answered/s', 'of them refused', 'p50 ms', 'p99 ms', 'resident MB', 'of the first']),
      ...measured.map((window) => rowOf(window, measured[0])),
    ]);
    const limits = limitsOf(measured);
    tell(limitLines(limits));
    if (values.check && !limits.every(isKept)) process.exitCode = 1;
  } finally {
    await load.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowOf({ load, highest }: Window, first: Window | undefined): string {
  const refused = (load.wrong[REFUSED] ?? 0) / load.answers;
  return row([
    ...[(load.answers / load.seconds).toFixed(0), `${(100 * refused).toFixed(1)}%`],
    ...[(load.p50 / 1_000).toFixed(1), (load.p99 / 1_000).toFixed(1), (highest / 1e6).toFixed(0)],
    (highest / (first?.highest ?? highest)).toFixed(2),
  ]);
}

function limitsOf(measured: readonly Window[]): Limit[] {
  const wrongSides = measured
    .flatMap(({ load }) => load.sample)
    .filter(({ index, side }) => side !== expectedSide(index));
  const others = measured.flatMap(({ load }) => Object.entries(load.wrong)).filter(([what]) => what !== REFUSED);
  const [first, ...later] = measured.map(({ highest }) => highest);
  return [
    { what: 'wrong sides of those looked at', measured: exactly(wrongSides.length), atMost: 0 },
    {
      what: 'neither a side nor a declared refusal',
      measured: exactly(others.reduce((sum, [, n]) => sum + n, 0)),
      atMost: 0,
    },
    {
      what: 'memory / of the first window',
      measured: exactly(Math.max(...later) / (first ?? 1)),
      atMost: GROWS_AT_MOST,
    },
  ];
}

function exactly(figure: number): Limit['measured'] {
  return { median: figure, low: figure, high: figure };
}

/** The most that the API process holds meanwhile. */
async function highestWhile(api: OurApi, act: () => Promise<LoadResult>): Promise<Window> {
  let highest = 0;
  let looking: Promise<unknown> = Promise.resolve();
  const look = async (): Promise<void> => {
    highest = Math.max(highest, (await api.process.usage()).residentBytes);
  };
  const looks = setInterval(() => {
    looking = looking.then(look);
  }, LOOK_EVERY_MS);
  try {
    const load = await act();
    return { load, highest };
  } finally {
    clearInterval(looks);
    await looking;
  }
}

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(16)).join('');
}

function tell(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
