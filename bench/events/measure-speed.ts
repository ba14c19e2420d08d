import type { MeasuredProcess } from '../load/measured-process';
import { spreadOf } from '../load/figures';
import type { Limit } from '../load/limits';
import { startOneTable, startOurs, type OurReceiver, type Receiver } from './contenders';
import { journeysOf } from './event-stream';
import { measureReceiving, type EventBatches, type Received } from './measure-receiving';
import { PlainInsert } from './plain-insert';
import { checkFacts } from './right-facts';
import { statementTimes } from './statement-times';

export interface SpeedOptions extends EventBatches {
  serverUrl: string;
  postgres: number;
  folder: string;
  rounds: number;
  statements: boolean;
  /** Events a slice, and before the first: whole waves. */
  slice: number;
  before: number;
}

/** Events a second of ours, of the same receiver over one table and of a plain INSERT, in turn. */
export async function measureSpeed(
  sender: MeasuredProcess,
  { serverUrl, postgres, folder, rounds, slice, before, statements, ...batches }: SpeedOptions,
): Promise<{ lines: string[]; limits: Limit[] }> {
  const events = before + slice * rounds;
  const ours: OurReceiver = await startOurs(serverUrl, folder, journeysOf(events));
  const oneTable: Receiver = await startOneTable(serverUrl, folder);
  const plain = await PlainInsert.open(oneTable.url, batches.batch);
  const all: Record<'ours' | 'oneTable', Received[]> = { ours: [], oneTable: [] };
  const plainRates: number[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const part = round === 0 ? { first: 0, count: before } : { first: before + (round - 1) * slice, count: slice };
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

export function lineOf(name: string, received: readonly Received[]): string {
  const median = (of: (one: Received) => number): number => spreadOf(received.map(of)).median;
  return (
    `  ${name.padEnd(28)} ${Math.round(median((one) => one.perSecond))} events/s; batch p50 ${median((one) => one.p50).toFixed(0)} ms, p99 ${median((one) => one.p99).toFixed(0)} ms; ` +
    `matched ${median((one) => one.behind).toFixed(1)} s after the last answer; CPU µs an event: receiver ${median((one) => one.cpu.receiver).toFixed(0)}, ` +
    `Postgres ${median((one) => one.cpu.postgres).toFixed(0)}, sweeper ${median((one) => one.cpu.sweeper).toFixed(0)}, sender ${median((one) => one.ownCpu / (one.stored + one.duplicates)).toFixed(0)}`
  );
}
