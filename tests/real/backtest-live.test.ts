import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Express } from 'express';
import request from 'supertest';
import type { HandoffCount } from '../../domain/backtest/count-handoffs';
import { toEventType } from '../../domain/events/to-event-type';
import { loadPlan } from '../../domain/plan/load-plan';
import type { Plan } from '../../domain/plan/plan-schema';

import { deriveKey } from '../../sandbox/patients/derive-key';
import { seededRandom } from '../../sandbox/patients/seeded-random';
import { Database } from '../../store/database';
import { countEvents } from '../../store/events';
import { countOutcomes, noOutcomes } from '../../store/handoffs';
import { createFactsApi } from '../integration/facts/facts-api';
import { startMigrationOf } from '../integration/facts/facts-plan';
import { sweepAllDue } from '../integration/facts/sweep-all-due';
import { turnClockOf, type TurnedClock } from '../setup/clock-of-the-log';
import { until } from '../setup/until';
import { harderLoanPlan } from './fixtures/harder-loan-plan';
import { startOwnPostgres, type OwnPostgres } from './own-postgres';
import { eventLog } from './real-data';
import { runBacktest } from './run-backtest';

interface Log {
  file: string;
  plan: string;
  /** What keys of patients and journeys begin with, as the plan says. */
  keys: { patient: string; episode: string };
  source: string;
  /** One case in so many: cases enough for every outcome, of the log's whole time. */
  oneIn: number;
  /** Of its events, the share that arrives before an earlier one at least: few where hours pass between two. */
  disordered: number;
  /** Counts that the sample has some of. */
  puts: readonly (keyof HandoffCount)[];
}

/** With HANDOFF_REAL_ONE_IN=1 whole logs are played: a quarter of an hour, for which `--testTimeout` has to be raised. */
function oneInOr(sampled: number): number {
  const given = Number(process.env['HANDOFF_REAL_ONE_IN'] ?? sampled);
  if (!Number.isInteger(given) || given < 1) throw new Error('HANDOFF_REAL_ONE_IN must be a whole number from 1 on.');
  return given;
}

const LOGS: readonly Log[] = [
  {
    file: 'loan-applications-2012.csv.gz',
    plan: harderLoanPlan(),
    keys: { patient: 'applicant', episode: 'application' },
    ...{ source: '/legacy/funnel', oneIn: oneInOr(16), disordered: 0.3 },
    puts: ['kept', 'missed', 'released', 'open', 'repeated', 'unmatched', 'recovered'],
  },
  {
    file: 'helpdesk-tickets.csv.gz',
    plan: `${readFileSync(join(__dirname, 'fixtures', 'helpdesk-tickets.yaml'), 'utf8')}\nlateness: 6h\n`,
    keys: { patient: 'caller', episode: 'ticket' },
    ...{ source: '/legacy/desk', oneIn: oneInOr(12), disordered: 0.01 },
    puts: ['kept', 'missed', 'released', 'repeated', 'unmatched', 'recovered'],
  },
];
const EVENTS_AT_ONCE = 250;
/** The clock goes on in these steps. Whatever arrived meanwhile is sent in one batch, in an order of its own. */
const TICK = 2 * 3_600_000;
const DUPLICATES = 0.05;

interface Arrival {
  at: number;
  time: number;
  event: Record<string, unknown>;
}

let folder: string;
let plan: Plan;
let postgres: OwnPostgres;
let clock: TurnedClock;
let db: Database;
let app: Express;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'backtest-live-'));
  postgres = await startOwnPostgres();
  clock = await turnClockOf(postgres.url);
  db = Database.connect({ url: postgres.url, applicationName: 'test' });
  ({ app } = await createFactsApi(db));
});
afterEach(async () => {
  await db.close();
  await clock.close();
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

/** Every so manieth case of the log, as the log has it: a header and rows. Without the few rows of types that the plan does not declare. */
function sampleOf({ file, oneIn }: Log): string[] {
  const [header = '', ...rows] = gunzipSync(readFileSync(eventLog(file)))
    .toString('utf8')
    .trimEnd()
    .split(/\r?\n/);
  const declared = new Set(plan.events.map(({ type }) => type));
  const chosen = new Map<string, boolean>();
  return [
    header,
    ...rows.filter((row) => {
      const [caseId = '', activity = '', lifecycle = ''] = row.split(',');
      if (!chosen.has(caseId)) chosen.set(caseId, chosen.size % oneIn === 0);
      return chosen.get(caseId) === true && declared.has(toEventType(`${activity}.${lifecycle}`));
    }),
  ];
}

/** The sample as events that arrive shuffled within the lateness, some of them twice. */
function arrivalsOf(
  { keys, source }: Log,
  rows: readonly string[],
  random: () => number,
): { arrivals: Arrival[]; lastAt: number } {
  let lastAt = 0;
  const arrivals = rows.flatMap((row, index) => {
    const [caseId = '', activity = '', lifecycle = '', timestamp = ''] = row.split(',');
    const time = Date.parse(timestamp);
    lastAt = Math.max(lastAt, time);
    const event = {
      specversion: '1.0',
      id: `line-${index}`,
      source,
      type: toEventType(`${activity}.${lifecycle}`),
      time: new Date(time).toISOString(),
      sequence: String(index),
      subject: deriveKey(keys.patient, 'live', caseId),
      journey: deriveKey(keys.episode, 'live', caseId),
    };
    const arrive = (): Arrival => ({ at: time + random() * (plan.lateness - TICK), time, event });
    return random() < DUPLICATES ? [arrive(), arrive()] : [arrive()];
  });
  return { arrivals: arrivals.sort((a, b) => a.at - b.at), lastAt };
}

/** A matcher, a process of its own, is killed while it writes down what became due. */
async function killMatcherAtWork(): Promise<void> {
  const holder = Database.connect({ url: postgres.url, applicationName: 'holder' });
  await holder.transaction(async (connection) => {
    await connection.query('LOCK TABLE handoff_occurrence IN SHARE MODE');
    const facts = join(__dirname, '..', 'integration', 'facts');
    const killed = spawn(process.execPath, [
      ...['--require', join(facts, 'typescript-hook.cjs'), join(facts, 'sweeper-process.ts'), postgres.url],
    ]);
    const exited = once(killed, 'exit');
    try {
      await until('the matcher waits in mid-transaction', () => isWaiting(), 60_000);
    } finally {
      killed.kill('SIGKILL');
      await exited;
    }
  });
  await holder.close();
}

async function isWaiting(): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM pg_stat_activity WHERE application_name = 'sweeper-to-be-killed' AND wait_event_type = 'Lock'`,
  );
  return (rowCount ?? 0) > 0;
}

/** In batches of what the API takes at once. */
async function sendAll(events: readonly Record<string, unknown>[]): Promise<{ stored: number; duplicates: number }> {
  const total = { stored: 0, duplicates: 0 };
  for (let from = 0; from < events.length; from += EVENTS_AT_ONCE) {
    const { stored, duplicates } = await send(events.slice(from, from + EVENTS_AT_ONCE));
    total.stored += stored;
    total.duplicates += duplicates;
  }
  return total;
}

async function send(events: readonly Record<string, unknown>[]): Promise<{ stored: number; duplicates: number }> {
  const { status, body } = await request(app)
    .post('/v1/events')
    .set('Content-Type', 'application/cloudevents-batch+json')
    .send(JSON.stringify(events));
  if (status !== 200) throw new Error(`A batch was answered with ${status}: ${JSON.stringify(body)}`);
  return body as { stored: number; duplicates: number };
}

it.each(LOGS)(
  'gives live what it gives over history: $file arriving shuffled within the lateness and duplicated at 5%, over the API, with two matchers killed at work',
  async (log) => {
    ({ plan } = loadPlan(log.plan));
    const [header, ...rows] = sampleOf(log);
    const random = seededRandom('live');
    const { arrivals, lastAt } = arrivalsOf(log, rows, random);
    const sampleFile = join(folder, 'sample.csv');
    const planFile = join(folder, 'plan.yaml');
    writeFileSync(sampleFile, [header, ...rows].join('\n'));
    writeFileSync(planFile, log.plan);

    await startMigrationOf(db, 'live', 1, log.plan);
    const answered = { stored: 0, duplicates: 0 };
    let disordered = 0;
    let kills = 0;
    for (let from = 0; from < arrivals.length;) {
      const tickEnds = Math.ceil(((arrivals[from]?.at ?? 0) + 1) / TICK) * TICK;
      let to = from;
      while ((arrivals[to]?.at ?? Infinity) < tickEnds) to += 1;
      const batch = arrivals.slice(from, to);
      disordered += batch.filter(({ time }, index) => time < (batch[index - 1]?.time ?? 0)).length;
      await clock.turnTo(tickEnds);
      const { stored, duplicates } = await sendAll(batch.map(({ event }) => event));
      answered.stored += stored;
      answered.duplicates += duplicates;
      // At a third and at two thirds of the log, where the batch starts something to write down.
      const starts = batch.some(({ event }) => plan.handoffs.some(({ start }) => start === event['type']));
      if (starts && kills < 2 && from > ((kills + 1) * arrivals.length) / 3) {
        await killMatcherAtWork();
        kills += 1;
      }
      await sweepAllDue(db);
      from = to;
    }
    // The log's end: whatever is due before the last event is final, and what the last event recovers; no deadline falls on its millisecond.
    await clock.turnTo(lastAt + plan.lateness + 1);
    await until('nothing is claimed by the killed any more', async () => {
      await sweepAllDue(db);
      return (await countEvents(db, 'live')).pending === 0;
    });

    expect(kills).toBe(2);
    expect(answered).toEqual({ stored: rows.length, duplicates: arrivals.length - rows.length });
    expect(answered.duplicates / rows.length).toBeGreaterThan(0.04);
    expect(disordered / rows.length).toBeGreaterThan(log.disordered);
    expect(await countEvents(db, 'live')).toMatchObject({ stored: rows.length, pending: 0 });

    const { handoffs } = await runBacktest('--plan', planFile, '--events', sampleFile);
    expect(await countedLive()).toEqual(handoffs);
    // The sample puts each of these counts to the test.
    for (const column of log.puts) {
      expect([column, Object.values(handoffs).some((counted) => counted[column] > 0)]).toEqual([column, true]);
    }
    // I6: each missed one has exactly one case, whoever was killed.
    const { rows: uneven } = await db.query(
      `SELECT o.id FROM handoff_occurrence o
        WHERE (o.outcome = 'missed')::int <> (SELECT count(*) FROM exception e WHERE e.cause = 'handoff:' || o.id)
                                            + (SELECT count(*) FROM exception_cause c WHERE c.cause = 'handoff:' || o.id)`,
    );
    expect(uneven).toEqual([]);
  },
);

async function countedLive(): Promise<Record<string, HandoffCount>> {
  const tallies = await countOutcomes(db, 'live');
  return Object.fromEntries(
    plan.handoffs.map(({ id, phase }) => {
      const { bySide, repeated, unmatched, recovered, secondEnds } =
        tallies.find(({ handoff }) => handoff === id) ?? noOutcomes(id, phase);
      const sum = (outcome: 'open' | 'kept' | 'missed' | 'released'): number =>
        Object.values(bySide).reduce((total, tally) => total + tally[outcome], 0);
      const outcomes = { kept: sum('kept'), missed: sum('missed'), released: sum('released'), open: sum('open') };
      const started = outcomes.kept + outcomes.missed + outcomes.released + outcomes.open;
      return [id, { started, ...outcomes, repeated, unmatched, recovered, secondEnds }];
    }),
  );
}
