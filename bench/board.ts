import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadPlan } from '../domain/plan/load-plan';
import type { Plan } from '../domain/plan/plan-schema';
import type { CaseBoard } from '../domain/status/case-board';
import { packageRoot } from '../platform/package-root';
import { applySchema } from '../store/apply-schema';
import { foldCaseFlow } from '../store/case-flow';
import { Database } from '../store/database';
import { createMigration } from '../store/migration-records';
import { savePlan } from '../store/plans';
import { cacheFolder } from '../supervisor/cache-folder';
import { startEmbeddedPostgres } from '../supervisor/embedded-postgres';
import { freePort } from '../supervisor/free-port';
import { startOurApi } from './decisions/our-api';
import { quantile } from './load/figures';
import { isKept, limitLines, type Limit } from './load/limits';

const LIMIT_MS = 200;
const BETWEEN_TWO_ACTIONS_MS = 100;
const MIGRATION = 'bench';
/** Over so many days the cases were opened. */
const DAYS = 90;
/** Rows an INSERT. */
const ROWS_AT_ONCE = 20_000;

/**
 * `npm run bench:board`: how long the board of many cases takes over HTTP, asked over and over while people go on working. See docs/benchmarks.md.
 *
 *     --check          exits with 1 where a limit is missed
 *     --cases N        in all
 *     --open N         of them open
 *     --asked N        requests that are timed, of each kind
 *     --at-once N      who ask at the same time
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      cases: { type: 'string', default: '1000000' },
      open: { type: 'string', default: '10000' },
      asked: { type: 'string', default: '300' },
      'at-once': { type: 'string', default: '1' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'bench-board-'));
  mkdirSync(join(folder, 'home'), { mode: 0o711 });
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'home', 'data'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    cache: cacheFolder(process.env),
    env: process.env,
    inOurGroup: true,
    settings: { shared_buffers: '512MB' },
  });
  const limits: Limit[] = [];
  const db = Database.connect({ url: postgres.url, applicationName: 'bench' });
  try {
    await applySchema(postgres.url);
    const [cases, open] = [Number(values.cases), Number(values.open)];
    const plan = await seed(db, cases, open);
    tell([
      `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}; ${cases} cases, ${open} of them open`,
    ]);
    const api = await startOurApi(postgres.url, folder, {}, ['support-lead']);
    try {
      const base = `http://127.0.0.1:${api.port}/v1/migrations/${MIGRATION}`;
      const ask = async (path: string): Promise<unknown> => {
        const answer = await fetch(`${base}/${path}`, { headers: { authorization: `Bearer ${api.token}` } });
        if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}.`);
        return answer.json();
      };
      checkBoard((await ask('board')) as CaseBoard, cases, open);
      const asked = { times: Number(values.asked), atOnce: Number(values['at-once']) };
      for (const [what, path] of [
        ['the board, with its days and when each queue is worked off', 'board'],
        ['the queues alone', 'queues'],
        ['the most urgent hundred of a queue', `exceptions?state=open&queue=${plan.queues[0]?.id ?? ''}`],
        ['where the migration stands', ''],
      ] as const) {
        const took = await timed(db, () => ask(path), asked);
        const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(took, share));
        tell([
          `  ${what}: p50 ${shown(p50)} ms, p95 ${shown(p95)} ms, p99 ${shown(p99)} ms; p95 is ${((p95 ?? 0) / LIMIT_MS).toFixed(2)} of the limit`,
        ]);
        const p = p95 ?? Number.NaN;
        limits.push({ what: `${what}, p95`, measured: { median: p, low: p, high: p }, atMost: LIMIT_MS, unit: ' ms' });
      }
    } finally {
      await api.process.stop();
    }
    tell(limitLines(limits));
  } finally {
    await db.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.check && !limits.every(isKept)) process.exitCode = 1;
}

/** Rising milliseconds of so many requests; meanwhile people take a case ten times a second. */
async function timed(
  db: Database,
  ask: () => Promise<unknown>,
  { times, atOnce }: { times: number; atOnce: number },
): Promise<number[]> {
  const took: number[] = [];
  let left = times;
  // The first are not counted: code is compiled.
  for (let n = 0; n < 20; n += 1) await ask();
  const people = async (): Promise<void> => {
    for (; left > 0; left -= 1) {
      const started = performance.now();
      await ask();
      took.push(performance.now() - started);
    }
  };
  const { rows: open } = await db.query<{ id: string }>(
    `SELECT id FROM exception WHERE migration = $1 AND state = 'open' ORDER BY due_at LIMIT 1000`,
    [MIGRATION],
  );
  const working = async (): Promise<void> => {
    for (let n = 1; left > 0; n += 1) {
      await db.query('UPDATE exception SET assigned_to = $1 WHERE id = $2', [
        `person-${n % 7}`,
        open[n % open.length]?.id,
      ]);
      await delay(BETWEEN_TWO_ACTIONS_MS);
    }
  };
  await Promise.all([working(), ...Array.from({ length: atOnce }, people)]);
  return took.sort((one, other) => one - other);
}

/** Cases over the last months, in all queues, sides, phases and cohorts; those that ended did so through people, a few of them twice. */
async function seed(db: Database, cases: number, open: number): Promise<Plan> {
  const source = readFileSync(join(packageRoot(), 'examples', 'telehealth.yaml'), 'utf8');
  const { plan, hash } = loadPlan(source);
  await savePlan(db, { hash, plan, source });
  await createMigration(db, { id: MIGRATION, planHash: hash, salt: 'bench', timeScale: 1, startedBy: 'bench' });
  await db.query(`UPDATE migration SET started_at = started_at - $1 * interval '1 day'`, [DAYS]);
  for (let from = 0; from < cases; from += ROWS_AT_ONCE) {
    await db.query(
      `INSERT INTO exception (migration, cause, queue, handoff, phase, cohort, side, to_side, journey, subject, owner, opened_at, due_at, assigned_to, clock_revision)
       SELECT $1, 'handoff:' || n, ($2::text[])[1 + n % cardinality($2)], 'payment-to-provider-routing', ($3::text[])[1 + n % cardinality($3)],
              'cohort-' || n % 4, (ARRAY['legacy', 'target'])[1 + n % 2], 'target', 'ep_' || n, 'pat_' || n, 'care-coordination',
              at, at + interval '2 hours', CASE WHEN n % 3 = 0 THEN 'person-1' END, 0
         FROM generate_series($4::int, $5::int - 1) n, LATERAL (SELECT clock_timestamp() - ((n::bigint * 7919) % 7776000) * interval '1 second' AS at) o`,
      [
        MIGRATION,
        plan.queues.map(({ id }) => id),
        plan.phases.map(({ id }) => id),
        from,
        Math.min(cases, from + ROWS_AT_ONCE),
      ],
    );
    await foldCaseFlow(db);
  }
  const ended = `id % ${Math.max(1, Math.floor(cases / open))} <> 0`;
  for (let from = 0; from < cases; from += ROWS_AT_ONCE) {
    await db.query(
      `WITH done AS (
         UPDATE exception SET state = 'resolved', resolved_at = least(clock_timestamp(), opened_at + id % 20 * interval '10 minutes'), resolved_by = 'person-1', evidence = '[]'
          WHERE id > $1::int AND id <= $2::int AND ${ended} RETURNING id, resolved_at
       )
       INSERT INTO exception_action (migration, exception, action, actor, at, details, answer)
       SELECT $3, id, 'resolved', 'person-1', resolved_at, '{}', '{}' FROM done`,
      [from, from + ROWS_AT_ONCE, MIGRATION],
    );
    await foldCaseFlow(db);
  }
  await db.query('VACUUM ANALYZE');
  return plan;
}

/** A fast board that counts wrong is none. */
function checkBoard({ queues, days, by }: CaseBoard, cases: number, open: number): void {
  const sum = (of: readonly { open: number }[]): number => of.reduce((all, one) => all + one.open, 0);
  const ended = queues.reduce((all, { resolved }) => all + resolved, 0);
  const counts = [sum(queues), sum(by.side), sum(by.phase), sum(by.cohort), days.at(-1)?.open ?? 0];
  const wrong = counts.some((count) => Math.abs(count - open) > 1) || Math.abs(ended + sum(queues) - cases) > 0;
  if (wrong) throw new Error(`The board counts ${counts.join(', ')} open and ${ended} ended of ${cases}.`);
}

function shown(figure: number | undefined): string {
  return (figure ?? Number.NaN).toFixed(1);
}

function tell(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

void main();
