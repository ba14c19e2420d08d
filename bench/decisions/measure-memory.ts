import type { LoadProcess } from '../load/load-process';
import type { Limit } from '../load/limits';
import type { MeasuredProcess } from '../load/measured-process';
import { askContender, type BenchServer, type Slice } from './contender';
import { startOurApi } from './our-api';
import { expectedSide, seededDatabase } from './seeded-database';

export interface Memory {
  lines: string[];
  limits: Limit[];
}

export interface MemoryOptions extends BenchServer {
  /** Units that are known before more are asked for; three times as many are asked for in all. */
  units: number;
}

const LIMIT_MB = 400;
const GROWS_AT_MOST = 1.1;
const LOOK_EVERY_MS = 200;

/** One API process is asked for a million units that were placed before, each once, and then for two million others. */
export async function measureMemory(
  load: LoadProcess,
  { serverUrl, postgres, folder, units }: MemoryOptions,
): Promise<Memory> {
  const seeded = 3 * units;
  const url = await seededDatabase(serverUrl, 'memory', seeded);
  const ours = await startOurApi(url, folder);
  try {
    const contender = {
      ...{ ...ours, postgres, name: 'ours, placed before', sideOf: expectedSide },
      units: { first: 0, count: seeded, at: 0 },
    };
    const ask = (count: number): Promise<Slice> =>
      askContender(load, contender, { pace: { kind: 'closed' }, until: { kind: 'asked', count } });
    const idle = (await ours.process.usage()).residentBytes;
    const one = await highestWhile(ours.process, () => ask(units));
    const three = await highestWhile(ours.process, () => ask(2 * units));
    const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
    const of = (count: number): string => count.toLocaleString('en-US');
    return {
      lines: [
        `resident set of the API process: ${mb(idle)} at the start, ${mb(one.bytes)} at its highest while it was asked for ${of(units)} units, ` +
          `${mb(three.bytes)} for ${of(seeded)}`,
        `each asked for once, placed before (seeded by COPY) and not remembered: ${Math.round(one.result.perSecond)} a second, ` +
          `${one.result.cpu.toFixed(0)} µs of CPU and ${one.result.postgresCpu.toFixed(0)} of Postgres'`,
      ],
      limits: [
        {
          what: `memory for ${of(units)} known units`,
          measured: exactly(one.bytes / 1e6),
          atMost: LIMIT_MB,
          unit: ' MB',
        },
        {
          what: `memory for ${of(seeded)} / ${of(units)}`,
          measured: exactly(three.bytes / one.bytes),
          atMost: GROWS_AT_MOST,
        },
      ],
    };
  } finally {
    await ours.process.stop();
  }
}

/** The most that a process holds while something is done to it. */
async function highestWhile<Result>(
  watched: MeasuredProcess,
  act: () => Promise<Result>,
): Promise<{ bytes: number; result: Result }> {
  let bytes = 0;
  const look = setInterval(
    () => void watched.usage().then((usage) => (bytes = Math.max(bytes, usage.residentBytes))),
    LOOK_EVERY_MS,
  );
  try {
    const result = await act();
    bytes = Math.max(bytes, (await watched.usage()).residentBytes);
    return { bytes, result };
  } finally {
    clearInterval(look);
  }
}

function exactly(figure: number): Limit['measured'] {
  return { median: figure, low: figure, high: figure };
}
