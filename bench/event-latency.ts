import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPlan } from '../domain/plan/load-plan';
import type { Plan } from '../domain/plan/plan-schema';
import { compress } from '../domain/time/time-scale';
import { applySchema } from '../store/apply-schema';
import { Database } from '../store/database';
import { EventWriter } from '../store/event-writer';
import { readMatchingLag } from '../store/handoffs';
import { createMigration } from '../store/migration-records';
import { savePlan } from '../store/plans';
import { cacheFolder } from '../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../supervisor/embedded-postgres';
import { freePort } from '../supervisor/free-port';

/**
 * How long one event waits until it is stored, while sweepers match the journeys of all of them: patients go through the whole of
 * examples/telehealth.yaml, each event sent by itself at its moment, whatever became of those before it.
 *
 *     node --require ./tests/integration/facts/typescript-hook.cjs bench/event-latency.ts [events a second] [seconds] [sweepers]
 *
 * Prints p50, p99 and the maximum against the limit of one second, and exits with 1 where p99 is beyond it.
 */
const [rate = 100, seconds = 30, sweepers = 1] = process.argv.slice(2).map(Number);
const LIMIT_MS = 1_000;
const TIME_SCALE = 1_200;
/** Wall-clock time between two events of one journey, on average. */
const PACE_MS = 1_500;
const MIGRATION = 'bench';

/** What a patient goes through, by the handoffs of the plan. */
const JOURNEY = [
  ...[
    'landing.viewed',
    'cta.clicked',
    'intake.opened',
    'intake.started',
    'intake.submitted',
    'crm.staged',
    'chart.created',
  ],
  ...['payment.succeeded', 'message.delivered', 'review.assigned', 'review.approved', 'prescription.acknowledged'],
  ...['order.shipped', 'tracking.visible', 'portal.loginRequested', 'portal.loggedIn'],
];

interface Due {
  at: number;
  type: string;
  key: string;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'event-latency-'));
  mkdirSync(join(folder, 'home'), { mode: 0o711 });
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    env: process.env,
  });
  const children = [];
  try {
    await applySchema(postgres.url);
    const db = Database.connect({ url: postgres.url, applicationName: 'api' });
    const yaml = readFileSync(join(__dirname, '..', 'examples', 'telehealth.yaml'), 'utf8');
    const { plan, hash } = loadPlan(yaml);
    await savePlan(db, { hash, plan, source: yaml });
    await createMigration(db, {
      id: MIGRATION,
      planHash: hash,
      salt: 'bench',
      timeScale: TIME_SCALE,
      startedBy: 'bench',
    });
    for (let n = 0; n < sweepers; n += 1) {
      children.push(
        spawn(process.execPath, [...process.execArgv, join(__dirname, 'sweeper-process.ts'), postgres.url]),
      );
    }
    const { waits, lags } = await drive(db, plan);
    report(waits, lags);
    await db.close();
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function drive(db: Database, plan: Plan): Promise<{ waits: number[]; lags: number[] }> {
  const writer = new EventWriter(db);
  const began = performance.now();
  const schedule = journeys();
  const waits: number[] = [];
  const lags: number[] = [];
  const under: Promise<void>[] = [];
  const looking = setInterval(() => {
    void readMatchingLag(db).then((lag) => lags.push(lag));
  }, 500);
  for (const due of schedule) {
    const rest = due.at - (performance.now() - began);
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    // From when it happened: an event that this process sends late has waited too.
    under.push(
      place(db, plan, due)
        .then(() => writer.store([eventOf(plan, due)]))
        .then(() => void waits.push(performance.now() - began - due.at)),
    );
  }
  await Promise.all(under);
  clearInterval(looking);
  return { waits, lags };
}

/** As many journeys begin each second as make the rate, the first ones in the middle of their way. */
function journeys(): Due[] {
  const all: Due[] = [];
  const length = JOURNEY.length * PACE_MS;
  const every = (1_000 * JOURNEY.length) / rate;
  for (let start = -length; start < seconds * 1_000; start += every) {
    const key = randomUUID();
    let at = start;
    for (const type of JOURNEY) {
      at += PACE_MS * 2 * Math.random();
      if (at >= 0 && at < seconds * 1_000) all.push({ at, type, key });
    }
  }
  return all.sort((a, b) => a.at - b.at);
}

/** The patient's sides, written down at the first event as the side questions of the stacks do. */
async function place(db: Database, plan: Plan, { type, key }: Due): Promise<void> {
  if (type !== JOURNEY[0]) return;
  await db.query(
    `INSERT INTO placement (migration, phase, unit, cohort, side, epoch)
     SELECT $1, phase, unit, 'everyone', 'legacy', 1 FROM unnest($2::text[], $3::text[]) AS p (phase, unit)`,
    [MIGRATION, plan.phases.map(({ id }) => id), plan.phases.map(({ unit }) => unitsOf(key)[unit])],
  );
}

function unitsOf(key: string): Record<'visitor' | 'episode' | 'subscription' | 'patient' | 'login', string> {
  return {
    visitor: `vis_${key}`,
    episode: `ep_${key}`,
    subscription: `sub_${key}`,
    patient: `pat_${key}`,
    login: `log_${key}`,
  };
}

function eventOf(plan: Plan, { type, key }: Due): Parameters<EventWriter['store']>[0][number] {
  const units = unitsOf(key);
  return {
    ...{ migration: MIGRATION, source: '/legacy/site', id: randomUUID(), type, units, data: {} },
    ...{ journey: units.episode, subject: units.patient, time: Date.now(), sequence: 0, contentHash: key },
    lateness: compress(plan.lateness, TIME_SCALE),
  };
}

function report(waits: number[], lags: number[]): void {
  const at = (values: readonly number[], share: number): number =>
    Math.round([...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0);
  const p99 = at(waits, 0.99);
  console.log(
    `${waits.length} events at ${rate} a second, ${sweepers} sweeper(s): stored within p50 ${at(waits, 0.5)} ms, p99 ${p99} ms, max ${at(waits, 1)} ms ` +
      `(limit ${LIMIT_MS} ms: ${(p99 / LIMIT_MS).toFixed(2)}); matching is behind by p50 ${at(lags, 0.5)} ms, max ${at(lags, 1)} ms`,
  );
  if (p99 > LIMIT_MS) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
