import { Client } from 'pg';
import { spreadOf } from '../load/figures';
import type { Limit } from '../load/limits';
import type { MeasuredProcess } from '../load/measured-process';
import { startOurs, type OurReceiver } from './contenders';
import { EVENTS_A_WAVE, journeysOf } from './event-stream';
import { measureReceiving, type EventBatches, type Received } from './measure-receiving';
import { MIGRATION } from './seeded-plan';

/** What one event may cost over many stored ones, beside what it costs over few. */
const COSTS_AT_MOST = 1.3;

export interface SizeOptions extends EventBatches {
  serverUrl: string;
  postgres: number;
  folder: string;
  rounds: number;
  stored: { few: number; many: number };
}

/** What an event costs over few stored events and over many, in turn: CPU of the receiver, of Postgres and of the sweeper. */
export async function measureSize(
  sender: MeasuredProcess,
  { serverUrl, postgres, folder, rounds, stored, ...batches }: SizeOptions,
): Promise<{ lines: string[]; limits: Limit[] }> {
  const journeys = journeysOf((rounds + 1) * EVENTS_A_WAVE);
  const few = await startOurs(serverUrl, folder, journeys, 'few');
  const many = await startOurs(serverUrl, folder, journeys, 'many');
  const costs: { few: number[]; many: number[] } = { few: [], many: [] };
  try {
    await store(few.url, stored.few);
    await store(many.url, stored.many);
    for (let round = 0; round <= rounds; round += 1) {
      const part = { first: round * EVENTS_A_WAVE, count: EVENTS_A_WAVE };
      for (const [name, of] of [['few', few] as const, ['many', many] as const]) {
        process.kill(of.sweeper.pid, 'SIGCONT');
        const received = await measureReceiving(sender, of, part, batches, postgres);
        process.kill(of.sweeper.pid, 'SIGSTOP');
        if (round > 0) costs[name].push(costOf(received));
      }
    }
  } finally {
    await stop(few);
    await stop(many);
  }
  const ratios = costs.many.map((cost, round) => cost / (costs.few[round] ?? Number.NaN));
  return {
    lines: [
      `  CPU µs an event over ${stored.few} stored: ${spreadOf(costs.few).median.toFixed(0)}, over ${stored.many}: ${spreadOf(costs.many).median.toFixed(0)}`,
    ],
    limits: [
      {
        what: `cost an event over ${stored.many} stored / over ${stored.few}`,
        measured: spreadOf(ratios),
        atMost: COSTS_AT_MOST,
      },
    ],
  };
}

function costOf({ cpu }: Received): number {
  return cpu.receiver + cpu.postgres + cpu.sweeper;
}

/** Events of earlier journeys that are done, sixteen each, as they would lie there: stored, matched, with their identities and units. */
async function store(url: string, events: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const atOnce = 160_000;
    for (let from = 0; from < events; from += atOnce) {
      const upto = Math.min(events, from + atOnce) - 1;
      await client.query(
        `WITH old AS MATERIALIZED (
           SELECT n, md5('event' || n)::uuid::text AS id, md5('journey' || n / 16)::uuid::text AS key, clock_timestamp() AS at FROM generate_series($1::bigint, $2::bigint) n
         ), identities AS (
           INSERT INTO event_identity (migration, source, id, content_hash, seq)
           SELECT $3, '/legacy/site', id, repeat(md5(id), 2), nextval(pg_get_serial_sequence('event', 'seq')) FROM old RETURNING id, seq
         ), journeys AS (
           INSERT INTO journey (migration, id, subject, first_at, last_at, events, matched, received_from)
           SELECT $3, 'ep_' || key, 'pat_' || key, min(at), max(at), count(*), count(*), min(at) FROM old GROUP BY key
         ), occurrences AS (
           INSERT INTO handoff_occurrence (migration, handoff, journey, ordinal, subject, phase, to_side, started_at, deadline_at, outcome, ended_at, final, finalized_at)
           SELECT $3, 'handoff-' || n % 16 / 2, 'ep_' || key, 0, 'pat_' || key, 'intake', 'legacy', at, at, 'kept', at, true, at FROM old WHERE n % 2 = 0
         )
         INSERT INTO event (seq, migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at, disposition)
         OVERRIDING SYSTEM VALUE
         SELECT i.seq, $3, '/legacy/site', id, 'landing.viewed', 'ep_' || key, 'pat_' || key,
                jsonb_build_object('episode', 'ep_' || key, 'patient', 'pat_' || key, 'visitor', 'vis_' || key), at, 0, at, '{}', at, 'unlistened'
           FROM identities i JOIN old USING (id)`,
        [from, upto, MIGRATION],
      );
    }
    await client.query('VACUUM (ANALYZE) event, event_identity, journey, journey_unit, handoff_occurrence');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}

async function stop({ sweeper, process: api }: OurReceiver): Promise<void> {
  process.kill(sweeper.pid, 'SIGCONT');
  await sweeper.stop();
  await api.stop();
}
