import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { bucketOf } from '../domain/sides/bucket';
import { Database } from '../store/database';
import { quantile, spreadOf } from './load/figures';
import { isKept, limitLines, type Limit } from './load/limits';
import { MachineUse } from './load/machine-use';
import { unitKey } from './load/unit-keys';
import { Arrivals } from './rollback/arrivals';
import { DrivenMigration, FLAG } from './rollback/driven-migration';
import { startThreeApis } from './rollback/three-apis';
import { gateTrial, handTrial, type GateTrial, type HandTrial, type Trial } from './rollback/trials';

const PER_SECOND = 500;
const GATE_LIMIT_MS = 2_000;
const HAND_LIMIT_MS = 500;
/** Of so many answers one may say when to ask again. */
const ASKS_AGAIN_AT_MOST = 1 / 1_000;
const TOLD_EVERY = 10;

/**
 * `npm run bench:rollback`: how long patients still go to target once a limit is crossed, or somebody says so. See docs/benchmarks.md.
 *
 *     --check          exits with 1 where a limit is missed
 *     --trials N       of each of the two kinds
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, trials: { type: 'string', default: '100' } },
  });
  const trials = Number(values.trials);
  const machine = new MachineUse();
  const system = await startThreeApis();
  const db = Database.connect({ url: system.databaseUrl, applicationName: 'bench' });
  let arrivals: Arrivals | undefined;
  try {
    const migration = await DrivenMigration.start(system.ports[0] ?? 0, system.tokens);
    await migration.ramp();
    const { salt, share } = await rampOf(db);
    arrivals = await Arrivals.start({
      ports: system.ports,
      token: system.tokens['sandbox-stacks'] ?? '',
      flag: FLAG,
      perSecond: PER_SECOND,
      isInShare: (index) => bucketOf(salt, unitKey(index)) < share,
    });
    const parts = { migration, arrivals, db };
    const byGate: GateTrial[] = [];
    const byHand: HandTrial[] = [];
    const began = Date.now();
    for (let trial = 0; trial < trials; trial += 1) {
      byGate.push(await gateTrial(parts));
      await startOver(parts);
      byHand.push(await handTrial(parts));
      await startOver(parts);
      if (byHand.length % TOLD_EVERY === 0)
        process.stderr.write(
          `${byHand.length} trials of each kind after ${Math.round((Date.now() - began) / 1_000)} s\n`,
        );
    }
    const seconds = (Date.now() - began) / 1_000;
    arrivals.stop();
    const { answers, skipped, toldToAskAgain: again } = arrivals;
    const wrong = Object.entries(arrivals.wrong).map(([status, count]) => `${count} times ${status}`);
    tell([
      `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}; other programs used ${machine.others.toFixed(0)}% of the machine meanwhile`,
      `${trials} trials of each kind in ${Math.round(seconds)} s; ${Math.round(answers / seconds)} decisions a second over three API processes, ` +
        `${skipped} left out, ${again === 0 ? '' : `${again} told to ask again, `}` +
        (wrong.length === 0
          ? `every ${again === 0 ? '' : 'other '}one answered with a side`
          : `without a side: ${wrong.join(', ')}`),
      '',
      row('milliseconds', ['p50', 'p95', 'max']),
      row('by gate: outcome committed to split lowered', figures(byGate.map(({ toSplit }) => toSplit))),
      row('by gate: outcome committed to last process', figures(byGate.map(({ toLastProcess }) => toLastProcess))),
      row('by hand: command sent to its answer', figures(byHand.map(({ toAnswer }) => toAnswer))),
      row('by hand: command sent to last process', figures(byHand.map(({ toLastProcess }) => toLastProcess))),
      row('by hand: command sent to read-back', figures(byHand.map(({ toReadBack }) => toReadBack))),
    ]);
    const limits: Limit[] = [
      limitOf(
        'by gate, p95',
        byGate.map(({ toLastProcess }) => toLastProcess),
        GATE_LIMIT_MS,
      ),
      limitOf(
        'by hand, p95',
        byHand.map(({ toReadBack }) => toReadBack),
        HAND_LIMIT_MS,
      ),
      {
        what: 'told to ask again, of 1,000 answers',
        measured: spreadOf([(again / answers) * 1_000]),
        atMost: ASKS_AGAIN_AT_MOST * 1_000,
      },
    ];
    tell(limitLines(limits));
    if (values.check && (!limits.every(isKept) || wrong.length > 0)) process.exitCode = 1;
  } finally {
    arrivals?.stop();
    await db.close();
    await system.stop();
  }
}

/** Whoever arrived for the last trial has been served by then: each trial begins with as many people on their way. */
async function startOver({ migration, db }: Trial): Promise<void> {
  await db.query('UPDATE placement SET closed_at = clock_timestamp() WHERE closed_at IS NULL');
  await migration.ramp();
}

/** What the engine drew for this migration, and how far its first step goes. */
async function rampOf(db: Database): Promise<{ salt: string; share: number }> {
  const { rows } = await db.query<{ salt: string; share: number }>(
    'SELECT m.salt, s.share FROM migration m JOIN split s ON s.migration = m.id',
  );
  const row = rows[0];
  if (row === undefined || row.share === 0) throw new Error('The migration sends nobody to target.');
  return row;
}

function figures(values: readonly number[]): string[] {
  const sorted = [...values].sort((one, other) => one - other);
  return [0.5, 0.95, 1].map((share) => quantile(sorted, share).toFixed(0));
}

function row(what: string, cells: readonly string[]): string {
  return `${what.padEnd(46)}${cells.map((cell) => cell.padStart(8)).join('')}`;
}

function limitOf(what: string, values: readonly number[], atMost: number): Limit {
  const p95 = quantile(
    [...values].sort((one, other) => one - other),
    0.95,
  );
  return { what, measured: { median: p95, low: p95, high: p95 }, atMost, unit: ' ms' };
}

function tell(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
