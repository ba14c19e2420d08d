import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EXIT } from '../../../../cli/exit-codes';
import type { LintResult } from '../../../../cli/plan/lint-plan';
import { packageRoot } from '../../../../platform/package-root';
import { hostilePlans } from '../../../fixtures/hostile-plans';
import type { Judged } from './lint-each';

const HOOK = join(packageRoot(), 'tests/integration/facts/typescript-hook.cjs');
const PLANS = hostilePlans();
/** Kilobytes that judging the worst of them may add to what the process has anyhow. */
const MORE_MEMORY = 300_000;

/** Runs the command in a process of its own, on one file after the other. */
async function lintEach(files: readonly string[]): Promise<Judged[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--max-old-space-size=256', '--require', HOOK, join(__dirname, 'lint-each.ts'), ...files],
    { maxBuffer: 64 * 1_048_576 },
  );
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Judged);
}

describe('a plan that is sent by mistake, or to hurt', () => {
  let folder: string;
  let first: Judged | undefined;
  let judged: Judged[];
  let odd: Judged[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hostile-plans-'));
    const files = PLANS.map(({ bytes }, index) => {
      const file = join(folder, `${String(index)}.yaml`);
      writeFileSync(file, bytes);
      return file;
    });
    const good = join(packageRoot(), 'tests/fixtures/plans/payment.yaml');
    [first, ...judged] = await lintEach([good, ...files, folder, '/dev/null', '/dev/zero', '/proc/self/mem']);
    odd = judged.splice(PLANS.length);
  }, 120_000);

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(PLANS.map(({ name, code, line }, index) => ({ name, code, line, index })))(
    '$name is refused with its code and line',
    ({ code, line, index }) => {
      const { exitCode, output } = judged[index] ?? { exitCode: -1, output: '' };
      expect(exitCode).toBe(EXIT.refused);
      const [json = ''] = output.split('\n');
      const { problems } = JSON.parse(json) as LintResult;
      expect(problems.map((problem) => [problem.code, problem.line])).toContainEqual([code, line]);
      expect(problems.length).toBeLessThanOrEqual(201);
    },
  );

  it('that is no file is refused as such, also one without an end', () => {
    expect(odd.map(({ exitCode }) => exitCode)).toEqual(odd.map(() => EXIT.usage));
    expect(odd).toHaveLength(4);
    for (const { output } of odd) expect(output).toContain('no-plan-file');
  });

  it('costs no more memory than a process has', () => {
    const before = first?.peak ?? 0;
    let peak = before;
    const rows = judged.flatMap(({ peak: now }, index) => {
      const more = now - peak;
      peak = now;
      return more < 1_000
        ? []
        : [`${String(Math.round(more / 1_000)).padStart(6)} MB more for ${PLANS[index]?.name ?? ''}`];
    });
    process.stdout.write(
      `memory: ${String(Math.round(before / 1_000))} MB after a good plan, ${String(Math.round(peak / 1_000))} MB at the end\n${rows.join('\n')}\n`,
    );
    expect(first?.exitCode).toBe(EXIT.ok);
    expect(peak - before).toBeLessThan(MORE_MEMORY);
  });
});
