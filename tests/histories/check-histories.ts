import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { describeViolation } from './check/violation';
import { checkWorlds } from './check-worlds';
import { startHistoriesPostgres } from './own-servers';
import { PLANTED_FAULTS, plantFault } from './planted-faults';
import type { World } from './world';

/**
 * `npm run check:histories -- --runs N --seed S`: plays N generated histories over a Postgres of its own and judges each. Without a seed, a
 * fresh one, which is printed. Exits 1 where one has a violation. `--plant NAME` plants that fault first and ends when it is found.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '1000' },
      seed: { type: 'string' },
      'at-once': { type: 'string', default: '4' },
      plant: { type: 'string' },
    },
  });
  const runs = Number(values.runs);
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  const planted = Object.entries(PLANTED_FAULTS).find(([name]) => name === values.plant)?.[1];
  if (values.plant !== undefined && planted === undefined)
    throw new Error(`Plant one of ${Object.keys(PLANTED_FAULTS).join(', ')}.`);
  process.stdout.write(
    `${runs} histories, seed ${seed}${planted === undefined ? '' : `, with a planted fault: ${planted.what}`}\n`,
  );
  const stop = await startHistoriesPostgres();
  const began = Date.now();
  try {
    let told = 0;
    const checked = await checkWorlds({
      ...{ runs, seed, atOnce: Number(values['at-once']), untilFound: planted !== undefined },
      ...(planted !== undefined && { plant: ({ db }: World) => plantFault(db, planted) }),
      onWorld: ({ histories, violations }) => {
        if (histories < told + 500) return;
        told = histories;
        process.stdout.write(`${histories} after ${seconds(began)} s, ${violations.length} violations\n`);
      },
    });
    for (const [what, count] of [...checked.seen].sort())
      process.stdout.write(`${String(count).padStart(9)} ${what}\n`);
    for (const { seed: world, history, violation } of checked.violations.slice(0, 20)) {
      process.stdout.write(`world ${world}, history ${history}: ${describeViolation(violation)}\n`);
    }
    const { user, system } = process.cpuUsage();
    process.stdout.write(
      `${checked.histories} histories in ${seconds(began)} s (${((user + system) / 1e3 / checked.histories).toFixed(1)} ms of this process each), ` +
        `${checked.violations.length} violations, seed ${seed}\n`,
    );
    if (checked.violations.length > 0) process.exitCode = 1;
  } finally {
    await stop();
  }
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1_000).toFixed(1);
}

void main();
