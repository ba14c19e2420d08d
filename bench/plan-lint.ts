import { parse } from 'yaml';
import { loadPlan } from '../domain/plan/load-plan';
import { LARGE, largePlan } from '../tests/fixtures/large-plan';

/** What judging the largest of plans may take. */
const LIMIT = 1_000;
const ROUNDS = 15;

/**
 * `npm run bench:lint`: a plan of forty systems, twelve phases, sixty handoffs and three hundred rules judged whole, beside a plain parse
 * of the same text by the same library. Both take turns in one process; `--check` exits with 1 where it takes a second.
 */
function main(): void {
  const text = largePlan(LARGE);
  const { plan } = loadPlan(text);
  const lint: number[] = [];
  const plain: number[] = [];
  const ratios: number[] = [];
  // The first rounds compile; they are not counted.
  for (let round = -3; round < ROUNDS; round += 1) {
    const mine = timed(() => loadPlan(text));
    const theirs = timed(() => parse(text, { maxAliasCount: -1 }) as unknown);
    if (round < 0) continue;
    lint.push(mine);
    plain.push(theirs);
    ratios.push(mine / theirs);
  }
  const slowest = Math.max(...lint);
  const { systems, phases, handoffs, rollbackRules } = plan;
  process.stdout.write(
    [
      `${systems.length} systems, ${phases.length} phases, ${handoffs.length} handoffs, ${rollbackRules.length} rules; ${text.split('\n').length} lines, ${Math.round(text.length / 1_000)} kB; ${ROUNDS} rounds`,
      `lint        ${milliseconds(middle(lint))} the middle, ${milliseconds(slowest)} the slowest   limit ${LIMIT} ms   ${slowest < LIMIT ? 'kept' : 'MISSED'}`,
      `yaml parse  ${milliseconds(middle(plain))} the middle`,
      `ratio       ${middle(ratios).toFixed(2)} times the parse, the middle of ${ROUNDS} neighbours`,
      '',
    ].join('\n'),
  );
  if (slowest >= LIMIT && process.argv.includes('--check')) process.exitCode = 1;
}

function timed(work: () => unknown): number {
  const from = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - from) / 1e6;
}

function middle(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}

main();
