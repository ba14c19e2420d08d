import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../../cli/exit-codes';
import { answersShape } from '../../../cli/plan/new/answers-schema';
import { newPlan } from '../../../cli/plan/new/new-plan';
import { runCli } from '../../../cli/run-cli';
import { startedAs } from '../../../cli/started-as';
import { packageRoot } from '../../../platform/package-root';
import { shippedTemplates } from '../../../platform/shipped-templates';

const TEMPLATE = shippedTemplates().get('telehealth') ?? '';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'new-plan-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function run(answers: string, env = {}): Promise<{ code: ExitCode; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  const file = join(folder, 'lumen.yaml');
  writeFileSync(file, answers);
  const code = await runCli(
    ['plan', 'new', '--answers', answers === '' ? folder : file, '--out', join(folder, 'first.yaml'), '--force'],
    {
      stdout: { write: (part: string) => (stdout += part) },
      stderr: { write: (part: string) => (stderr += part) },
      env,
      signal: new AbortController().signal,
    },
  );
  return { code, stdout, stderr };
}

describe('what somebody agrees to', () => {
  it.each([
    // A rule of a gate, limits of several kinds, a rule of queues, tasks.
    ['intake-unseen', 'crm-floor of intake-to-crm: floor, atLeast 95%, minimumOutcomes 20 -> rollback, scope cohort'],
    [
      'completion-early',
      'Intakes that are submitted, of those that were started: comparison, margin 10%, upToShare 25%, minimumOutcomes 150 -> rollback, scope step',
    ],
    ['support-load', 'Cases and contacts that support works on: capacity, load 85%, during 2h -> pause'],
    ['two-queues-behind', 'overdue 20%, during 1h, count 2 -> rollback, scope step'],
    ['card-vault', 'day -60: The card vault is moved.'],
    ['first-ten', 'day 0 of intake, 12:00: The first ten patients are checked by phone and chart.'],
  ])('stands beside %s in a first plan', (id, words) => {
    const lines = newPlan({ migration: 'first' }, TEMPLATE).split('\n');
    expect(lines.filter((line) => line.startsWith(`  - { id: ${id},`)).map((line) => line.split(' } # ')[1])).toEqual([
      words,
    ]);
  });

  it('stands beside every rule, limit and task that has nobody yet', () => {
    const plan = newPlan({ migration: 'first' }, TEMPLATE);
    const rules = plan.slice(plan.indexOf('\nrollbackRules:')).split('\n');
    const bare = rules.filter((line) => /^ {2}- .*(agreedBy|owner: TBD)/.test(line) && !/ # .{8}/.test(line));
    expect(bare.filter((line) => !line.includes('prescribers, phase'))).toEqual([]);
  });
});

describe('handoff plan new', () => {
  it('says of which handoffs of safety the plan has none, since their part does not move', async () => {
    const { stdout } = await run('migration: first\nphases: [intake, payment, providerRouting]\n');
    expect(stdout).toMatch(/though of safety: .*stop-to-suppressed/);
    expect((await run('migration: first\n')).stdout).not.toContain('of safety');
  });

  it.each([
    ['npx handoff', {}],
    ['npx handoff', { npm_command: 'exec', _: '/usr/local/bin/handoff' }],
    ['handoff', { _: '/usr/local/bin/handoff' }],
    ['../engine/bin/handoff.js', { _: '../engine/bin/handoff.js' }],
  ])('says what to run next as %s where it was started so', async (started, env) => {
    expect(startedAs(env)).toBe(started);
    expect((await run('migration: first\n', env)).stdout).toContain(`  2. ${started} plan lint `);
  });

  it('names the schema that editors read in the first line, and how to write it', async () => {
    const { stdout } = await run('migration: first\n');
    const [first = ''] = readFileSync(join(folder, 'first.yaml'), 'utf8').split('\n');
    const page = readFileSync(join(packageRoot(), 'docs', 'plan.md'), 'utf8');
    expect(first).toMatch(/^# yaml-language-server: \$schema=/);
    expect(page).toContain(first);
    expect(stdout).toContain(`plan schema > ${join(folder, 'plan.schema.json')}`);
  });
});

describe('a file of answers', () => {
  it.each([
    ['that is none', '', /^The file of answers cannot be read\./, EXIT.usage],
    ['that is too large', `# ${'a'.repeat(1_100_000)}\n`, /The file of answers is larger than 1 MiB/, EXIT.refused],
    ['of two documents', 'migration: first\n---\nmigration: second\n', /A file of answers is one/, EXIT.refused],
  ])('%s is called by what it is, and not by its name', async (_, text, says, code) => {
    const refused = await run(text);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(says);
    expect(refused.stderr).not.toMatch(/\bplan\b|lumen/);
  });

  it.each([
    ['a count that is too large', 'volume: { intake: 99999999999999999999 }', '1000000 at most'],
    ['a time zone that is none', 'timeZone: Eastern!', 'IANA'],
  ])('has one line for %s', async (_, answer, says) => {
    const { stderr } = await run(`migration: first\n${answer}\n`);
    expect(stderr.split('\n').filter((line) => /^ *2:\d/.test(line))).toHaveLength(1);
    expect(stderr).toContain(says);
  });

  it("needs no more of an approval than the roles: the template's word stands for the rest", async () => {
    const answered = await run('migration: first\napprovals: { goNoGo: { roles: [clinical-lead] } }\n');
    expect(answered.stderr).toBe('');
    expect(readFileSync(join(folder, 'first.yaml'), 'utf8')).toContain('goNoGo: { roles: [ clinical-lead ] }');
  });

  it('has each of its answers explained in docs/plan.md', () => {
    const page = readFileSync(join(packageRoot(), 'docs', 'plan.md'), 'utf8');
    const table = /^\| answer \|[^]*?\n\n/m.exec(page)?.[0] ?? '';
    const named = table.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)]);
    expect(named.map(([, name]) => name).sort()).toEqual(Object.keys(answersShape).sort());
  });
});
