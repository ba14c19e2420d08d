import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PLANTED = join(__dirname, 'planted');

/** A report of one line: `domain/plan/plan.ts:3 boundaries/dependencies`. */
type Report = string;

/** Runs a tool of this installation in the planted tree; it exits with 1 when it finds something. */
function runInPlanted(script: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(ROOT, 'node_modules', script), ...args],
      { cwd: PLANTED, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (stdout.trimStart().startsWith('[') || stdout.trimStart().startsWith('{')) resolve(stdout);
        else reject(new Error(`${script} gave no JSON: ${stderr || stdout}`, { cause: error }));
      },
    );
  });
}

async function eslintReports(): Promise<Report[]> {
  const files = JSON.parse(await runInPlanted('eslint/bin/eslint.js', ['--format', 'json', '.'])) as {
    filePath: string;
    messages: { line: number; ruleId: string | null; message: string }[];
  }[];
  return files.flatMap(({ filePath, messages }) =>
    messages.map(({ line, ruleId, message }) => `${inPlanted(filePath)}:${line} ${ruleId ?? message}`),
  );
}

/** What the trees' own comments say should be found: `// planted: <rule> <rule>` at the end of the offending line. */
function plantedReports(): Report[] {
  return plantedFiles().flatMap((file) =>
    readFileSync(join(PLANTED, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const rules = /\/[/*] planted: ([\w@/ -]+)/.exec(line)?.[1]?.trim().split(' ') ?? [];
        return rules.map((rule) => `${file}:${index + 1} ${rule}`);
      }),
  );
}

function plantedFiles(): string[] {
  return readdirSync(PLANTED, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.split(sep).join('/'));
}

function inPlanted(path: string): string {
  return relative(PLANTED, path).split(sep).join('/');
}

describe('the rules of the source tree', () => {
  let planted: Report[];
  let found: Report[];

  beforeAll(async () => {
    planted = plantedReports();
    found = await eslintReports();
  }, 120_000);

  it('find every planted violation, by the rule it was planted for, and nothing else', () => {
    expect(planted.length).toBeGreaterThan(80);
    expect([...found].sort()).toEqual([...planted].sort());
  });

  it.each([
    ...[
      'domain/phase',
      'domain/migration',
      'domain/journey-kinds',
      'domain/plan',
      'workflows',
      'platform',
      'store',
      'adapters',
      'activities',
      'worker',
      'api',
    ],
    ...['cli', 'cli/rehearse', 'sandbox', 'supervisor'],
  ])('refuse an import in %s, and let a file pass that keeps to its part', (folder) => {
    const files = plantedFiles().filter((file) => file.slice(0, file.lastIndexOf('/')) === folder);
    const reported = files.filter((file) =>
      found.some((report) => report.startsWith(`${file}:`) && report.endsWith(' boundaries/dependencies')),
    );
    const clean = files.filter((file) => !found.some((report) => report.startsWith(`${file}:`)));
    expect(reported).not.toEqual([]);
    expect(clean).not.toEqual([]);
  });
});

describe('the rules of the graph of imports', () => {
  it('find cycles, those of types alone included, and packages that production would not have', async () => {
    const output = await runInPlanted('dependency-cruiser/bin/dependency-cruise.mjs', [
      ...['--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json', '.'],
    ]);
    const { summary } = JSON.parse(output) as {
      summary: { violations: { from: string; rule: { name: string }; cycle?: { name: string }[] }[] };
    };
    const violations = summary.violations.map(({ from, rule, cycle = [] }) =>
      [rule.name, ...new Set([from, ...cycle.map(({ name }) => name)])].sort().join(' '),
    );
    expect(violations.sort()).toEqual([
      'activities/cycle-of-types-second.ts activities/cycle-of-types.ts no-cycle',
      'activities/cycle-of-values-second.ts activities/cycle-of-values.ts no-cycle',
      'activities/needs-a-development-package.ts no-development-package',
      'activities/needs-an-undeclared-package.ts no-undeclared-package',
    ]);
  });
});
