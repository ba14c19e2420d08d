import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../setup/built-system';
import { describeViolation } from '../check/violation';
import { playCrashes } from './play-crashes';

/**
 * `npm run check:crashes -- --runs N --seed S`: plays N histories on a system of real processes, some of which are killed in each, and judges
 * them. Without a seed, a fresh one, which is printed. Exits 1 where one has a violation.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '40' }, seed: { type: 'string' } } });
  const runs = Number(values.runs);
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  process.stdout.write(`${runs} histories with killed processes, seed ${seed}\n`);
  ensureBuilt();
  const began = Date.now();
  const seconds = (): string => ((Date.now() - began) / 1_000).toFixed(0);
  let told = 0;
  const checked = await playCrashes({
    ...{ runs, seed },
    onRound: ({ histories, answers, violations }) => {
      for (const { seed: round, history, violation } of violations.slice(told)) {
        process.stdout.write(`round ${round}, history ${history}: ${describeViolation(violation)}\n`);
      }
      told = violations.length;
      process.stdout.write(`${histories} after ${seconds()} s, ${answers} answers, ${violations.length} violations\n`);
    },
  });
  for (const [what, count] of [...checked.seen].sort()) process.stdout.write(`${String(count).padStart(9)} ${what}\n`);
  process.stdout.write(
    `${checked.histories} histories in ${seconds()} s, ${checked.violations.length} violations, seed ${seed}\n`,
  );
  if (checked.violations.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
