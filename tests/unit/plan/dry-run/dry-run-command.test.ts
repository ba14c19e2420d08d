import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../../../cli/exit-codes';
import { runCli } from '../../../../cli/run-cli';
import type { DryRunResult } from '../../../../cli/plan/dry-run/dry-run-page';
import { edit, PAYMENT } from '../plan-texts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dry-run-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function dryRun(text: string, ...args: string[]): Promise<{ code: ExitCode; stdout: string; stderr: string }> {
  const file = join(folder, 'cutover.yaml');
  writeFileSync(file, text);
  let [stdout, stderr] = ['', ''];
  const code = await runCli(['plan', 'dry-run', file, ...args], {
    stdout: { write: (part: string) => (stdout += part) },
    stderr: { write: (part: string) => (stderr += part) },
    env: {},
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

const START = ['--start', '2027-02-02T14:00Z'];

describe('handoff plan dry-run', () => {
  it('says when each step may begin, who decides, and what it does not know, with no system running', async () => {
    const { code, stdout } = await dryRun(PAYMENT, ...START);
    expect(code).toBe(EXIT.ok);
    expect(stdout).toMatch(/pilot-states +1 of 4 +10% of those who arrive +Tue 2 Feb 2027, 14:00/);
    expect(stdout).toContain('Go, of each cohort by itself: 2 people of release-manager, clinical-lead; four eyes');
    expect(stdout).toContain("is not declared ('volume') for pilot-states, everyone-else");
    expect(stdout).toContain('paid: they are brought back to legacy');
  });

  it('says the same as JSON, by either word for it', async () => {
    const one = await dryRun(PAYMENT, ...START, '--json');
    expect(one).toEqual(await dryRun(PAYMENT, ...START, '--format', 'json'));
    const { hash, phases } = JSON.parse(one.stdout) as DryRunResult;
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(phases[0]?.commits).toBe('2027-02-22T14:00:00.000Z');
  });

  it('says how many months it leaves out of a plan that takes decades', async () => {
    const calendar = `
calendars:
  - id: frozen
    timeZone: UTC
    open: [{ id: mornings, days: [mon, tue, wed, thu, fri], from: '09:00', to: '12:00' }]
    closed: [{ id: freeze, from: '2027-02-10', to: '2076-12-31' }]
advance: { calendar: frozen, rollback: always }
`;
    const { stdout } = await dryRun(PAYMENT + calendar, ...START);
    expect(stdout).toContain('After Sun 1 Feb 2032, 539 months are left out; the last row is the end.');
  });

  it('is Markdown in which nothing of the plan is markup', async () => {
    const text = edit(PAYMENT, 'Care coordination sends a correction', 'Call [us](x) | <b>now</b>');
    const { stdout } = await dryRun(text, ...START, '--format', 'markdown');
    expect(stdout).toContain('Call \\[us\\](x) \\| &lt;b&gt;now&lt;/b&gt;');
    expect(stdout).toContain('| cohort | step | to target | begins |');
  });

  it('refuses a bad plan with its findings, and a start without a zone', async () => {
    const bad = await dryRun(edit(PAYMENT, 'share: 10%', 'share: 100%'), ...START);
    expect([bad.code, bad.stdout.includes('WH525')]).toEqual([EXIT.refused, true]);
    const zoneless = await dryRun(PAYMENT, '--start', '2027-02-02T14:00');
    expect([zoneless.code, zoneless.stdout]).toEqual([EXIT.usage, '']);
    expect(zoneless.stderr).toContain("Give a moment with its zone, such as '2027-02-02T14:00Z'.");
  });
});
