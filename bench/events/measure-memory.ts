import type { Limit } from '../load/limits';
import type { MeasuredProcess } from '../load/measured-process';
import { startOurs } from './contenders';
import { EVENTS_A_WAVE } from './event-stream';
import { measureReceiving, type EventBatches } from './measure-receiving';

const WAVES_A_LOOK = 3;
/** The highest resident set of the later half, beside that of the earlier one. */
const GROWS_AT_MOST = 1.1;
const MB = 2 ** 20;

export interface MemoryOptions extends EventBatches {
  serverUrl: string;
  postgres: number;
  folder: string;
  events: number;
}

/** What the receiving process holds while so many events come. The sweeper, a process of its own, stands still meanwhile. */
export async function measureMemory(
  sender: MeasuredProcess,
  { serverUrl, postgres, folder, events, ...batches }: MemoryOptions,
): Promise<{ lines: string[]; limits: Limit[] }> {
  const { sweeper, ...receiver } = await startOurs(serverUrl, folder, 0, 'memory');
  process.kill(sweeper.pid, 'SIGSTOP');
  const looks: { events: number; mb: number }[] = [];
  try {
    const slice = WAVES_A_LOOK * EVENTS_A_WAVE;
    for (let first = 0; first < events; first += slice) {
      await measureReceiving(sender, receiver, { first, count: slice }, batches, postgres);
      looks.push({ events: first + slice, mb: (await receiver.process.usage()).residentBytes / MB });
    }
  } finally {
    process.kill(sweeper.pid, 'SIGCONT');
    await sweeper.stop();
    await receiver.process.stop();
  }
  const highest = (of: readonly { mb: number }[]): number => Math.max(...of.map(({ mb }) => mb));
  const half = Math.ceil(looks.length / 2);
  const growth = highest(looks.slice(half)) / highest(looks.slice(0, half));
  return {
    lines: [
      `  resident MB after each ${slice96()} events: ${looks.map(({ mb }) => mb.toFixed(0)).join(' ')}`,
      `  ${looks.at(-1)?.events ?? 0} events in all`,
    ],
    limits: [
      {
        what: 'memory, later half / earlier half',
        measured: { median: growth, low: growth, high: growth },
        atMost: GROWS_AT_MOST,
      },
    ],
  };
}

function slice96(): string {
  return `${(WAVES_A_LOOK * EVENTS_A_WAVE) / 1_000},000`;
}
