import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../platform/package-root';
import { ensureBuilt } from '../setup/built-system';

const run = promisify(execFile);

beforeAll(() => {
  ensureBuilt();
}, 300_000);

describe('the benchmarks run, whatever they measure here', () => {
  it('puts right sides and no errors beside the time and memory that they cost', async () => {
    const printed = await benchmark('decisions', '--rounds', '1', '--slice', '200', '--known', '500', '--units', '500');
    for (const contender of ['bare Node http + JSON.parse', 'flagd-core', 'ours, known unit', 'ours, first question']) {
      expect(printed).toMatch(new RegExp(`^${contender.replace('+', '\\+')} +\\d+ `, 'm'));
    }
    expect(printed).toMatch(/(kept|MISSED) +memory for 500 known units/);
  }, 300_000);

  it('takes a phase back by a gate and by hand, with arrivals at three processes', async () => {
    const printed = await benchmark('rollback', '--trials', '1');
    expect(printed).toMatch(/every (other )?one answered with a side/);
    expect(printed).toMatch(/(kept|MISSED) +by gate, p95/);
    expect(printed).toMatch(/(kept|MISSED) +by hand, p95/);
  }, 240_000);

  it('compares each verdict of watched phases with the outcomes, beside lag, CPU and memory', async () => {
    const printed = await benchmark('watching', '--phases', '6', '--rate', '60', '--seconds', '5');
    expect(printed).toContain('6 are watched at the end');
    expect(printed).toMatch(/checked: [1-9][\d,]* verdicts, .*; 0 wrong/);
    for (const limit of ['lag p99 / 2 s', 'worker CPU / one core', 'worker RSS / 600 MB'])
      expect(printed).toMatch(new RegExp(`(kept|MISSED) +${limit}`));
  }, 240_000);
});

async function benchmark(name: string, ...args: string[]): Promise<string> {
  const hook = join(packageRoot(), 'tests', 'integration', 'facts', 'typescript-hook.cjs');
  const script = join(packageRoot(), 'bench', `${name}.ts`);
  const { stdout } = await run(process.execPath, ['--require', hook, script, ...args], { cwd: packageRoot() });
  return stdout;
}
