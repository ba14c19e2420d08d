import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Express } from 'express';
import request from 'supertest';
import type { HandoffCount } from '../../domain/backtest/count-handoffs';
import { toEventType } from '../../domain/events/to-event-type';
import { loadPlan } from '../../domain/plan/load-plan';

import { deriveKey } from '../../sandbox/patients/derive-key';
import { seededRandom } from '../../sandbox/patients/seeded-random';
import { Database } from '../../store/database';
import { countEvents } from '../../store/events';
import { countOutcomes, noOutcomes } from '../../store/handoffs';
import { createFactsApi } from '../integration/facts/facts-api';
import { startMigrationOf } from '../integration/facts/facts-plan';
import { sweepAllDue } from '../integration/facts/sweep-all-due';
import { turnClockOf, type TurnedClock } from '../setup/clock-of-the-log';
import { harderLoanPlan } from './fixtures/harder-loan-plan';
import { startOwnPostgres, type OwnPostgres } from './own-postgres';
import { eventLog } from './real-data';
import { runBacktest } from './run-backtest';

const PLAN = harderLoanPlan();
const { plan } = loadPlan(PLAN);
/** One case in so many: cases enough for every outcome, of the log's whole time. */
const ONE_IN = 16;
/** The clock goes on in these steps. Whatever arrived meanwhile is sent in one batch, in an order of its own. */
const TICK = 2 * 3_600_000;
const DUPLICATES = 0.05;

interface Arrival {
  at: number;
  time: number;
  event: Record<string, unknown>;
}

let folder: string;
let postgres: OwnPostgres;
let clock: TurnedClock;
let db: Database;
let app: Express;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'backtest-live-'));
  postgres = await startOwnPostgres();
  clock = await turnClockOf(postgres.url);
  db = Database.connect({ url: postgres.url, applicationName: 'test' });
  ({ app } = await createFactsApi(db));
});
afterAll(async () => {
  await db.close();
  await clock.close();
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

/** Every so manieth case of the log, as the log has it: a header and rows. */
function sampleOfLog(): string[] {
  const [header = '', ...rows] = gunzipSync(readFileSync(eventLog('loan-applications-2012.csv.gz')))
    .toString('utf8')
    .trimEnd()
    .split(/\r?\n/);
  const chosen = new Map<string, boolean>();
  return [
    header,
    ...rows.filter((row) => {
      const caseId = row.slice(0, row.indexOf(','));
      if (!chosen.has(caseId)) chosen.set(caseId, chosen.size % ONE_IN === 0);
      return chosen.get(caseId);
    }),
  ];
}

/** The sample as events that arrive shuffled within the lateness, some of them twice. */
function arrivalsOf(rows: readonly string[], random: () => number): { arrivals: Arrival[]; lastAt: number } {
  let lastAt = 0;
  const arrivals = rows.flatMap((row, index) => {
    const [caseId = '', activity = '', lifecycle = '', timestamp = ''] = row.split(',');
    const time = Date.parse(timestamp);
    lastAt = Math.max(lastAt, time);
    const event = {
      specversion: '1.0',
      id: `line-${index}`,
      source: '/legacy/funnel',
      type: toEventType(`${activity}.${lifecycle}`),
      time: new Date(time).toISOString(),
      sequence: String(index),
      subject: deriveKey('applicant', 'live', caseId),
      journey: deriveKey('application', 'live', caseId),
    };
    const arrive = (): Arrival => ({ at: time + random() * (plan.lateness - TICK), time, event });
    return random() < DUPLICATES ? [arrive(), arrive()] : [arrive()];
  });
  return { arrivals: arrivals.sort((a, b) => a.at - b.at), lastAt };
}

async function send(events: readonly Record<string, unknown>[]): Promise<{ stored: number; duplicates: number }> {
  const { status, body } = await request(app)
    .post('/v1/events')
    .set('Content-Type', 'application/cloudevents-batch+json')
    .send(JSON.stringify(events));
  if (status !== 200) throw new Error(`A batch was answered with ${status}: ${JSON.stringify(body)}`);
  return body as { stored: number; duplicates: number };
}

it('gives live what it gives over history: a log arriving shuffled within the lateness and duplicated at 5%, over the API', async () => {
  const [header, ...rows] = sampleOfLog();
  const random = seededRandom('live');
  const { arrivals, lastAt } = arrivalsOf(rows, random);
  const sampleFile = join(folder, 'sample.csv');
  const planFile = join(folder, 'plan.yaml');
  writeFileSync(sampleFile, [header, ...rows].join('\n'));
  writeFileSync(planFile, PLAN);

  await startMigrationOf(db, 'live', 1, PLAN);
  const answered = { stored: 0, duplicates: 0 };
  let disordered = 0;
  for (let from = 0; from < arrivals.length;) {
    const tickEnds = Math.ceil(((arrivals[from]?.at ?? 0) + 1) / TICK) * TICK;
    let to = from;
    while ((arrivals[to]?.at ?? Infinity) < tickEnds) to += 1;
    const batch = arrivals.slice(from, to);
    disordered += batch.filter(({ time }, index) => time < (batch[index - 1]?.time ?? 0)).length;
    await clock.turnTo(tickEnds);
    const { stored, duplicates } = await send(batch.map(({ event }) => event));
    answered.stored += stored;
    answered.duplicates += duplicates;
    await sweepAllDue(db);
    from = to;
  }
  // The moment at which whatever is due before the last event is final, and nothing else: the log's end.
  await clock.turnTo(lastAt + plan.lateness);
  await sweepAllDue(db);

  expect(answered).toEqual({ stored: rows.length, duplicates: arrivals.length - rows.length });
  expect(answered.duplicates / rows.length).toBeGreaterThan(0.04);
  expect(disordered / rows.length).toBeGreaterThan(0.3);
  expect(await countEvents(db, 'live')).toMatchObject({ stored: rows.length, pending: 0 });

  const { handoffs } = await runBacktest('--plan', planFile, '--events', sampleFile);
  expect(await countedLive()).toEqual(handoffs);
  // The sample puts each of these counts to the test.
  for (const column of ['kept', 'missed', 'released', 'open', 'repeated', 'unmatched', 'recovered'] as const) {
    expect([column, Object.values(handoffs).some((counted) => counted[column] > 0)]).toEqual([column, true]);
  }
});

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
