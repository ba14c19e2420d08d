import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../platform/package-root';
import { spreadOf } from './load/figures';
import { isKept, limitLines, type Limit } from './load/limits';
import { MachineUse } from './load/machine-use';
import { measureHandoff } from './measure-handoff';

/**
 * `npm run bench:rehearsals`: how long the rehearsals take that documentation gives a time for, from the command to its end. See docs/benchmarks.md.
 *
 *     --check          exits with 1 where a limit is missed
 *     --events FILE    and the one of a recorded log (docs/rehearsal.md)
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, events: { type: 'string' } },
  });
  const machine = new MachineUse();
  const limits = [
    await rehearsed('the demo', 300, '--plan', join(packageRoot(), 'examples', 'telehealth.yaml')),
    await rehearsed('the payment phase, by signals', 300, '--by-signal'),
    ...(values.events === undefined ? [] : [await rehearsed('a recorded log', 480, '--events', values.events)]),
  ];
  console.log(`other programs used ${machine.others.toFixed(0)}% of the machine meanwhile\n`);
  console.log(limitLines(limits).join('\n'));
  if (values.check && !limits.every(isKept)) process.exitCode = 1;
}

/** @throws Error where a check of the rehearsal fails */
async function rehearsed(what: string, atMost: number, ...args: string[]): Promise<Limit> {
  const { exitCode, stdout, stderr, took } = await measureHandoff(['rehearse', '--temporary', ...args]);
  if (exitCode !== 0) throw new Error(`${what} ended with ${String(exitCode)}: ${stderr}\n${stdout}`);
  return { what, measured: spreadOf([took / 1_000]), atMost, unit: ' s' };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
