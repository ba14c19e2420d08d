import { Client } from 'pg';
import { processTreeCpu } from '../load/process-tree-cpu';
import type { MeasuredProcess } from '../load/measured-process';
import type { OurReceiver, Receiver } from './contenders';
import type { EventLoad, EventLoadResult } from './event-sender';

export interface Received extends EventLoadResult {
  /** Events a second: until the last was answered and, of ours, matched as well. */
  perSecond: number;
  /** Seconds from the last answer until every journey was matched; 0 of what matches none. */
  behind: number;
  /** Microseconds of CPU an event: the receiver's process, Postgres' and the sweeper's. */
  cpu: { receiver: number; postgres: number; sweeper: number };
}

export interface EventBatches {
  batch: number;
  underWay: number;
}

const MATCHED_WITHIN_MS = 600_000;

/** Sends events by their numbers, and waits until all that is made of them is there. @param postgres its process */
export async function measureReceiving(
  sender: MeasuredProcess,
  to: Receiver | OurReceiver,
  events: { first: number; count: number },
  batches: EventBatches,
  postgres: number,
): Promise<Received> {
  const { port, token } = to;
  const sweeper = 'sweeper' in to ? to.sweeper : undefined;
  const before = await usage(to, postgres);
  const began = performance.now();
  const answer = await sender.ask<{ result: EventLoadResult } | { failure: string }>({
    ...{ port, token },
    ...events,
    ...batches,
  } satisfies EventLoad);
  if ('failure' in answer) throw new Error(`Events could not be sent: ${answer.failure}`);
  const answered = performance.now();
  if (sweeper !== undefined) await allMatched(to.url);
  const matched = sweeper === undefined ? answered : performance.now();
  const after = await usage(to, postgres);
  return {
    ...answer.result,
    perSecond: (1_000 * events.count) / (matched - began),
    behind: (matched - answered) / 1_000,
    cpu: {
      receiver: (after.receiver - before.receiver) / events.count,
      postgres: (after.postgres - before.postgres) / events.count,
      sweeper: (after.sweeper - before.sweeper) / events.count,
    },
  };
}

async function usage(
  to: Receiver | OurReceiver,
  postgres: number,
): Promise<{ receiver: number; postgres: number; sweeper: number }> {
  return {
    receiver: (await to.process.usage()).cpu,
    postgres: processTreeCpu(postgres),
    sweeper: 'sweeper' in to ? (await to.sweeper.usage()).cpu : 0,
  };
}

/** Waits until every journey was looked at since its last event came. @throws Error where that takes too long */
async function allMatched(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const now = await client.query<{ at: string }>('SELECT clock_timestamp()::text AS at');
    const deadline = Date.now() + MATCHED_WITHIN_MS;
    for (;;) {
      const { rowCount } = await client.query('SELECT FROM journey WHERE due_at <= $1 ORDER BY due_at LIMIT 1', [
        now.rows[0]?.at,
      ]);
      if (rowCount === 0) return;
      if (Date.now() > deadline) throw new Error('The sweeper does not come to its end.');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  } finally {
    await client.end();
  }
}
