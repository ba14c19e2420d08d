import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { CliFailure } from '../../../cli/cli-failure';
import { addPlanCommands } from '../../../cli/plan/plan-commands';
import { loadPlan } from '../../../domain/plan/load-plan';
import { editorJsonSchema } from '../../../domain/plan/plan-json-schema';
import { edit, findingsOf, PAYMENT, positionOf, problemsOf } from './plan-texts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-commands-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs one command line; gives what it printed, and how it failed if it did. */
async function run(...args: string[]): Promise<{ stdout: string; failure?: CliFailure }> {
  let stdout = '';
  const program = new Command('handoff').exitOverride();
  addPlanCommands(program, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: () => undefined },
    env: {},
    signal: new AbortController().signal,
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return { stdout };
  } catch (error) {
    if (error instanceof CliFailure) return { stdout, failure: error };
    throw error;
  }
}

function planFile(text: string | Buffer): string {
  const path = join(folder, 'cutover.yaml');
  writeFileSync(path, text);
  return path;
}

describe('handoff plan lint', () => {
  it('says of a good plan that it is, and its hash', async () => {
    const { stdout, failure } = await run('plan', 'lint', planFile(PAYMENT));
    expect(failure).toBeUndefined();
    expect(stdout).toBe(`The plan is good. payment-2026, hash ${loadPlan(PAYMENT).hash}\n`);
  });

  it('lists every problem on a line that editors and terminals can jump to, and ends with exit code 3', async () => {
    const text = edit(edit(PAYMENT, 'share: 10%', 'share: 100%'), 'unit: episode', 'unit: epsiode');
    const file = planFile(text);
    const { stdout, failure } = await run('plan', 'lint', file);
    const unit = positionOf(text, 'epsiode');
    expect(stdout.split('\n')[0]).toBe(
      `${file}:${unit.line}:${unit.column}: error: WH104  phases[0].unit  Write one of visitor, episode, subscription, patient, login. Did you mean 'episode'?`,
    );
    expect(stdout).toContain('  phases[0].ramp[0].share  The first step moves everyone at once.');
    expect(stdout.trimEnd().split('\n')).toHaveLength(3 * problemsOf(text).length + 1);
    expect(failure).toMatchObject({ code: 'bad-plan', exitCode: 3 });
    expect(failure?.message).toBe(
      `The plan has ${problemsOf(text).length} problems. Mend what is listed, then lint again.`,
    );
  });

  it('shows what deserves a look, and is content with it', async () => {
    const { stdout, failure } = await run('plan', 'lint', planFile(edit(PAYMENT, 'within: 5m', 'within: 60s')));
    expect(failure).toBeUndefined();
    expect(stdout).toMatch(
      /cutover\.yaml:\d+:\d+: warning: WH403 {2}handoffs\[1\]\.within {2}A missed one is known only 2m/,
    );
    expect(stdout).toContain('The plan is good.');
  });

  it('prints one JSON object for programs, of a good plan and of a bad one', async () => {
    const good = await run('plan', 'lint', '--json', planFile(PAYMENT));
    const { hash } = loadPlan(PAYMENT);
    expect(JSON.parse(good.stdout)).toEqual({
      ok: true,
      migration: 'payment-2026',
      hash,
      problems: [],
      warnings: [],
      waived: [],
      filled: [],
      notCarriedOut: [],
    });
    const text = edit(PAYMENT, 'unit: episode', 'unit: epsiode');
    const bad = await run('plan', 'lint', '--json', planFile(text));
    expect(JSON.parse(bad.stdout)).toEqual({
      ok: false,
      hash: null,
      problems: findingsOf(text),
      warnings: [],
      waived: [],
    });
    expect(bad.failure).toMatchObject({ exitCode: 3, problems: [] });
    const both = await run('plan', 'lint', '--json', planFile(edit(text, 'within: 5m', 'within: 60s')));
    expect(JSON.parse(both.stdout)).toMatchObject({ ok: false, warnings: [{ path: 'handoffs[1].within' }] });
  });

  it('prints what other tools read: SARIF, and workflow commands; each with the exit code of the screen', async () => {
    const file = planFile(edit(PAYMENT, 'unit: episode', 'unit: epsiode'));
    const sarif = await run('plan', 'lint', '--format', 'sarif', file);
    expect(JSON.parse(sarif.stdout)).toMatchObject({ version: '2.1.0', runs: [{ results: [{ ruleId: 'WH104' }] }] });
    const github = await run('plan', 'lint', '--format', 'github', file);
    expect(github.stdout).toMatch(/^::error file=.*title=WH104%3A /);
    const json = await run('plan', 'lint', '--format', 'json', file);
    expect(json.stdout).toBe((await run('plan', 'lint', '--json', file)).stdout);
    for (const { failure } of [sarif, github, json]) expect(failure?.exitCode).toBe(3);
  });

  it('explains a finding by its code, for people and for programs', async () => {
    const { stdout } = await run('plan', 'explain', 'wh525');
    expect(stdout).toMatch(/^WH525 {2}error {2}A first step that moves too many\n\nEvery fault/);
    const json = await run('plan', 'explain', '--json', 'WH525');
    expect(JSON.parse(json.stdout)).toMatchObject({ code: 'WH525', severity: 'error', waivable: false });
    const { failure } = await run('plan', 'explain', 'WH99');
    expect(failure).toMatchObject({ code: 'no-such-code', exitCode: 3 });
  });

  const LEFT_OUT = edit(
    PAYMENT,
    `    irreversible:
      - effect: card-charged
        event: payment.succeeded
        undo: Billing operations refunds case by case; a rollback never does.
      - effect: message-sent
        event: next-step.sent
        undo: Care coordination sends a correction where the next step changed.
`,
    '',
  );

  it('shows what was filled in and where it was left out, so that nobody approves what they have not seen', async () => {
    const file = planFile(LEFT_OUT);
    const { stdout } = await run('plan', 'lint', file);
    const { line, column } = positionOf(LEFT_OUT, 'id: payment\n    kind');
    expect(stdout.split('\n')).toEqual([
      `${file}:${line}:${column}: filled in  phases[0]  the effects 'card-charged'`,
      `The plan is good. payment-2026, hash ${loadPlan(LEFT_OUT).hash}`,
      "Add '--show-defaults' to print the plan with all of that written out.",
      '',
    ]);
    const { stdout: json } = await run('plan', 'lint', '--json', file);
    expect(JSON.parse(json)).toMatchObject({
      filled: [{ line, column, path: 'phases[0]', what: ["the effects 'card-charged'"] }],
    });
  });

  it('prints the plan with everything written out, which is the same plan: nothing left out, and of the same hash', async () => {
    const { stdout } = await run('plan', 'lint', '--show-defaults', planFile(LEFT_OUT));
    const { hash } = loadPlan(LEFT_OUT);
    expect(stdout).toMatch(new RegExp(`^# .* hash ${hash}\n`));
    expect(stdout).toContain('lease: 1m');
    expect(loadPlan(stdout)).toMatchObject({ hash, filled: [] });
    const { stdout: json } = await run('plan', 'lint', '--show-defaults', '--json', planFile(LEFT_OUT));
    const { plan } = JSON.parse(json) as { plan: unknown };
    expect(loadPlan(JSON.stringify(plan)).hash).toBe(hash);
  });

  it('lists the problems of a bad plan, whatever else it was asked to show', async () => {
    const { stdout, failure } = await run('plan', 'lint', '--show-defaults', planFile('apiVersion: 1\n'));
    expect(stdout).toContain("Write 'warm-handoff/v1'.");
    expect(failure?.exitCode).toBe(3);
  });

  it.each([
    ['a file that is not there', () => join(folder, 'nothing.yaml')],
    ['a folder', () => folder],
  ])('ends with exit code 2 for %s, and says what to check', async (_, path) => {
    const { stdout, failure } = await run('plan', 'lint', path());
    expect(stdout).toBe('');
    expect(failure).toMatchObject({ code: 'no-plan-file', exitCode: 2 });
    expect(failure?.message).toContain('Check the path');
  });

  it('refuses a file of gigabytes without reading it all, and one that is no text', async () => {
    const file = planFile('');
    truncateSync(file, 4 * 1024 ** 3);
    const large = await run('plan', 'lint', '--json', file);
    expect(large.failure?.exitCode).toBe(3);
    expect(large.stdout).toContain('larger than 1 MiB');
    const binary = await run('plan', 'lint', '--json', planFile(Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe])));
    expect(binary.stdout).toContain('plain UTF-8');
  });
});

describe('handoff plan diff', () => {
  function twoFiles(before: string, after: string): [string, string] {
    const paths: [string, string] = [join(folder, 'before.yaml'), join(folder, 'after.yaml')];
    writeFileSync(paths[0], before);
    writeFileSync(paths[1], after);
    return paths;
  }

  it('says that the same plan is the same, however it is laid out, and that approvals stand', async () => {
    const { stdout, failure } = await run(
      'plan',
      'diff',
      ...twoFiles(PAYMENT, edit(PAYMENT, 'within: 10m', 'within: 600s')),
    );
    expect(failure).toBeUndefined();
    expect(stdout).toBe(
      `The same plan, hash ${loadPlan(PAYMENT).hash.slice(0, 12)}: what was approved stays approved.\n`,
    );
  });

  it('says what is another for patients, gates and people, what of it is loosened, and that approvals do not stand', async () => {
    const after = [
      ['share: 25%', 'share: 30%'],
      ['atLeast: 85%', 'atLeast: 90%'],
      ['owner: care-coordination\n    sla: 4h', 'owner: clinical-leads\n    sla: 4h'],
    ].reduce((text, [from = '', to = '']) => edit(text, from, to), edit(PAYMENT, 'atLeast: 90%', 'atLeast: 91%'));
    const { stdout, failure } = await run('plan', 'diff', ...twoFiles(PAYMENT, after));
    expect(failure).toBeUndefined();
    expect(stdout.split('\n')).toEqual([
      'For patients',
      '  ~ phase payment, step 30%: share  25% → 30%  (loosened)',
      '',
      'Gates, rollback rules, and what they are decided on',
      '  ~ phase payment, gate messages-floor: rule.atLeast  85% → 90%  (tightened)',
      '  ~ phase payment, gate routing-floor: rule.atLeast  90% → 91%  (tightened)',
      '',
      'For people who work on it',
      '  ~ queue next-step-not-sent: owner  care-coordination → clinical-leads',
      '',
      `Approvals given on ${loadPlan(PAYMENT).hash.slice(0, 12)} do not stand for ${loadPlan(after).hash.slice(0, 12)}: it is another plan.`,
      '',
    ]);
  });

  it('prints one JSON object for programs', async () => {
    const after = edit(PAYMENT, 'share: 25%', 'share: 30%');
    const { stdout } = await run('plan', 'diff', '--json', ...twoFiles(PAYMENT, after));
    expect(JSON.parse(stdout)).toMatchObject({
      before: { migration: 'payment-2026', hash: loadPlan(PAYMENT).hash },
      after: { hash: loadPlan(after).hash },
      approvalsStand: false,
      changes: [{ path: 'phases[payment].ramp[30%].share', direction: 'loosened', before: '25%', after: '30%' }],
      reordered: [],
    });
  });

  it('compares nothing with a bad plan, but lists what is wrong with it; exit code 3', async () => {
    const files = twoFiles(PAYMENT, edit(PAYMENT, 'unit: episode', 'unit: epsiode'));
    const { stdout, failure } = await run('plan', 'diff', ...files);
    expect(stdout).toContain(`${files[1]}:`);
    expect(failure).toMatchObject({ code: 'bad-plan', exitCode: 3 });
    const json = await run('plan', 'diff', '--json', ...files);
    expect(json.stdout).toBe('');
    expect(json.failure?.problems).toHaveLength(1);
  });
});

describe('handoff plan schema', () => {
  it('prints the JSON Schema, for people to save and for programs to read', async () => {
    const { stdout } = await run('plan', 'schema');
    expect(JSON.parse(stdout)).toEqual(editorJsonSchema());
    expect(stdout.split('\n').length).toBeGreaterThan(100);
    const { stdout: line } = await run('plan', 'schema', '--json');
    expect(line.trimEnd()).not.toContain('\n');
    expect(JSON.parse(line)).toEqual(editorJsonSchema());
  });
});
