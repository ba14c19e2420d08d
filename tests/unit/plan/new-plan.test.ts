import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../../cli/exit-codes';
import { lintPlan } from '../../../cli/plan/lint-plan';
import type { Answers } from '../../../cli/plan/new/answers-schema';
import { askAnswers } from '../../../cli/plan/new/ask-answers';
import { newPlan } from '../../../cli/plan/new/new-plan';
import { readAnswers } from '../../../cli/plan/new/read-answers';
import { runCli } from '../../../cli/run-cli';
import { JOURNEY_KINDS } from '../../../domain/plan/journey';
import { shippedTemplates } from '../../../platform/shipped-templates';
import { ANSWERED } from './all-answers';
import { decided } from './decided-plan';

const TEMPLATE = shippedTemplates().get('telehealth') ?? '';

/** The problems of a plan, apart from those that stand where it says that something is open. */
function otherProblems(plan: string): string[] {
  const lines = plan.split('\n');
  const { problems } = lintPlan(plan, 0).result;
  expect(problems.length).toBeGreaterThan(0);
  return problems
    .filter(({ line }) => lines[line - 1]?.includes('TBD') !== true)
    .map(({ code, path, message }) => `${code} ${path} ${message}`);
}

describe('a first plan', () => {
  it.each<[string, Answers]>([
    ['nothing but its name', { migration: 'first' }],
    ['everything that is asked', ANSWERED],
    ['who is here already', { ...ANSWERED, existing: [{ id: 'weight', count: 100 }] }],
    ['no program by hand', { ...ANSWERED, byHand: [] }],
    ...JOURNEY_KINDS.map((kind): [string, Answers] => [
      `that ${kind} does not move`,
      { ...ANSWERED, phases: JOURNEY_KINDS.filter((one) => one !== kind), phasesLeftOut: { [kind]: 'It stays.' } },
    ]),
    ['that one part alone moves', { ...ANSWERED, phases: ['payment'] }],
  ])('of %s is refused only where it says that something is open', (_, answers) => {
    const plan = newPlan(answers, TEMPLATE);
    expect(otherProblems(plan)).toEqual([]);
  });

  it('is good once people have decided what is open, and no longer than one reads', () => {
    const open = newPlan(ANSWERED, TEMPLATE);
    expect(lintPlan(decided(open), 0).result.problems).toEqual([]);
    expect(open.split('\n').length).toBeLessThan(300);
  });

  it('never makes up an owner, an agreement, an approval or a number (R2, R36)', () => {
    const plan = newPlan({ migration: 'first' }, TEMPLATE);
    for (const part of plan.matchAll(/\b(?:owner|escalation|writer|actionOwner): ([^ ,}\n]+)/g)) {
      expect(['TBD', '{']).toContain(part[1]);
    }
    for (const [, agreed] of plan.matchAll(/agreedBy: \[ (.*?) \]/g)) expect(agreed).toBe('TBD');
    for (const [, roles] of plan.matchAll(/roles: \[ (.*?) \]/g)) expect(roles).toBe('TBD');
    expect(plan).not.toMatch(/^ *volume: \d/m);
  });
});

describe('handoff plan new', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'new-plan-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function run(...args: string[]): Promise<{ code: ExitCode; stdout: string; stderr: string }> {
    let [stdout, stderr] = ['', ''];
    const code = await runCli(['plan', 'new', ...args], {
      stdout: { write: (part: string) => (stdout += part) },
      stderr: { write: (part: string) => (stderr += part) },
      env: {},
      signal: new AbortController().signal,
    });
    return { code, stdout, stderr };
  }

  it('writes a plan from a file of answers, says what to do next, and writes over nothing', async () => {
    const [answers, out] = [join(folder, 'answers.yaml'), join(folder, 'plans', 'first.yaml')];
    writeFileSync(answers, JSON.stringify(ANSWERED));
    const first = await run('--answers', answers, '--out', out);
    expect(first.code).toBe(EXIT.ok);
    expect(first.stdout).toMatch(
      /^Written: .*first\.yaml\. Lint names \d+ places where something is still to be decided\./,
    );
    expect(first.stdout).toContain(`handoff plan dry-run ${out}`);
    expect(readFileSync(out, 'utf8')).toBe(newPlan(ANSWERED, TEMPLATE));
    writeFileSync(out, 'mine');
    const again = await run('--answers', answers, '--out', out);
    expect([again.code, readFileSync(out, 'utf8')]).toEqual([EXIT.conflict, 'mine']);
    expect((await run('--answers', answers, '--out', out, '--force')).code).toBe(EXIT.ok);
    expect(readFileSync(out, 'utf8')).not.toBe('mine');
  });

  it('says what to do where nobody can be asked, and lists everything that is wrong with answers', async () => {
    const nobody = await run();
    expect([nobody.code, nobody.stdout]).toEqual([EXIT.usage, '']);
    expect(nobody.stderr).toContain("Give a file of answers with '--answers'");
    const answers = join(folder, 'bad.yaml');
    writeFileSync(answers, 'migration: Whole Journey\nphases: [paymnt]\n');
    const bad = await run('--answers', answers, '--out', join(folder, 'bad-plan.yaml'));
    expect(bad.code).toBe(EXIT.refused);
    expect(bad.stderr).toMatch(/1:12 {2}migration {2}Write lower-case/);
    expect(bad.stderr).toMatch(/2:10 {2}phases\[0\] {2}.*Did you mean 'payment'/);
  });

  it('asks a person the same, and leaves open what is left empty', async () => {
    const said: [RegExp, string][] = [
      [/^Name of the migration/, 'asked'],
      [/^States, /, 'CA, TX'],
      [/move by hand/, 'none'],
      [/a patient already/, 'weight=100, hair=20'],
      [/arrive a day in payment/, '150'],
      [/go of a phase: how many/, '2'],
      [/may the migration go on/, 'tue, wed 09:00-12:00'],
      [/^crm-and-routing: the legacy/, 'old-crm'],
    ];
    const answers = await askAnswers({
      text: (message, check) => {
        const answer = said.find(([asked]) => asked.test(message))?.[1] ?? '';
        expect(check(answer)).toBeUndefined();
        return Promise.resolve(answer);
      },
      choose: (message, options) => Promise.resolve(message.includes('roles') ? ['clinical-lead'] : options.slice(1)),
      confirm: () => Promise.resolve(true),
    });
    expect(answers).toMatchObject({
      ...{ migration: 'asked', states: ['CA', 'TX'], byHand: [], volume: { payment: 150 } },
      phases: ['intake', 'payment', 'providerRouting', 'portalRefills'],
      existing: [
        { id: 'weight', count: 100 },
        { id: 'hair', count: 20 },
      ],
      approvals: { goNoGo: { count: 2, roles: ['clinical-lead'], fourEyes: true } },
      hours: { release: { days: ['tue', 'wed'], from: '09:00', to: '12:00' } },
      layers: { 'crm-and-routing': { legacy: 'old-crm' } },
    });
    expect(answers.approvals?.commit).toBeUndefined();
    expect(otherProblems(newPlan(readAnswers(JSON.stringify(answers)), TEMPLATE))).toEqual([]);
  });
});
