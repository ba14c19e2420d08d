import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GateReplay } from '../../../domain/backtest/replay-gate';
import { runCli } from '../../../cli/run-cli';
import { EXIT } from '../../../cli/exit-codes';
import { LOAN_PLAN_FILE, loanPlanHash, WORK_LIST } from './loan-plan';

let folder: string;
let log: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backtest-command-'));
  log = join(folder, 'log.csv');
  const days = Array.from({ length: 60 }, (_, day) => new Date(Date.UTC(2012, 0, 1 + day, 9)).toISOString());
  const rows = days.flatMap((day, index) =>
    Array.from({ length: 4 }, (_unused, number) => {
      const start = `${index}-${number},A_PREACCEPTED,COMPLETE,${day}`;
      // In the second month every other one gets nowhere.
      const isKept = index < 30 || number % 2 === 0;
      const kept = `${index}-${number},W_Completeren aanvraag,SCHEDULE,${day.replace('T09', 'T10')}`;
      return isKept ? [start, kept] : [start];
    }).flat(),
  );
  await writeFile(
    log,
    `case_id,activity,lifecycle,timestamp\n${rows.join('\n')}\n1-1,Coffee,COMPLETE,2012-03-05T00:00Z\n`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const exitCode = await runCli(['backtest', ...args], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
    signal: new AbortController().signal,
  });
  return { exitCode, out, err };
}

describe('handoff backtest', () => {
  it('prints one object with --json: each handoff by its nine counts', async () => {
    const { exitCode, out, err } = await run('--plan', LOAN_PLAN_FILE, '--events', log, '--json');
    expect([exitCode, err]).toEqual([EXIT.ok, '']);
    expect(out.trimEnd()).not.toContain('\n');
    const { planHash, handoffs, log: read } = JSON.parse(out) as Record<string, Record<string, unknown>>;
    expect(planHash).toBe(loanPlanHash);
    expect(handoffs?.[WORK_LIST]).toEqual({
      ...{ started: 240, kept: 180, missed: 60, released: 0 },
      ...{ open: 0, repeated: 0, unmatched: 0, recovered: 0, secondEnds: 0 },
    });
    expect(read).toMatchObject({ events: 421, duplicates: 0, unknown: { events: 1 } });
  });

  it('says of each gate how often it would have fired, when first, and what it could not have seen (R38)', async () => {
    const { out } = await run('--plan', LOAN_PLAN_FILE, '--events', log, '--json');
    const { gates } = JSON.parse(out) as { gates: { gate: string; oneSide: object; ramp: object; steps: object[] }[] };
    const floor = gates.find(({ gate }) => gate === 'work-list-floor');
    // Half of what starts from the 31st day on is missed eight hours later.
    expect(floor?.oneSide).toMatchObject({
      first: { message: expect.stringMatching(/^kept 0\.\d+, floor 0\.92 \(n=\d+\); 1 in [\d,.]+ if healthy$/) },
    });
    expect(floor?.steps).toHaveLength(4);
    expect(floor?.steps[0]).toMatchObject({ share: 0.25, blindShare: 1, catches: null });
    expect(gates.find(({ gate }) => gate === 'work-list-against-legacy')?.oneSide).toBeNull();
  });

  it('says how often a phase would have been rolled back while it was healthy, all gates together (R38)', async () => {
    const healthy = join(folder, 'healthy.csv');
    const text = await readFile(log, 'utf8');
    const until = Date.parse('2012-01-31T00:00Z');
    const [header = '', ...rows] = text.trimEnd().split('\n');
    const early = rows.filter((row) => Date.parse(row.split(',')[3] ?? '') < until);
    await writeFile(healthy, [header, ...early].join('\n'));
    const phaseOf = async (events: string): Promise<{ falseRollbacks: number; ramp: GateReplay }> => {
      const { out } = await run('--plan', LOAN_PLAN_FILE, '--events', events, '--json');
      const { phases } = JSON.parse(out) as { phases: { falseRollbacks: number; ramp: GateReplay }[] };
      const [phase] = phases;
      if (phase === undefined) throw new Error('The plan has a phase.');
      return phase;
    };
    expect(await phaseOf(healthy)).toMatchObject({ falseRollbacks: 0.05, ramp: { fired: 0, first: null } });
    // What is lost on both sides is below every floor.
    expect((await phaseOf(log)).ramp).toMatchObject({ first: { gate: 'work-list-floor' } });
    const { out } = await run('--plan', LOAN_PLAN_FILE, '--events', healthy);
    expect(out).toMatch(/application +5% false ones +the plan's ramp, all gates +\d+ +0\b/);
  });

  it('draws the same for people, with what the plan does not declare by name', async () => {
    const { exitCode, out } = await run('--plan', LOAN_PLAN_FILE, '--events', log, '--type', '{activity}/{lifecycle}');
    expect(exitCode).toBe(EXIT.ok);
    expect(out).toContain('421 events of 240 journeys, 2012-01-01 09:00 UTC to 2012-03-05 00:00 UTC');
    expect(out).toContain('1  Coffee/COMPLETE');
    expect(out).toMatch(/preaccepted-to-work-list +240 +180 +60 +0 +0 +0 +0 +0 +0 +75.0%/);
    expect(out).toMatch(/work-list-floor +at least 92% +everyone at once +\d+ +[1-9]\d* +[\d.]+% +2012-0\d-\d\d/);
    expect(out).toContain('not even an outage');
  });

  it('gives the same for the same', async () => {
    const [first, second] = [1, 2].map(() => run('--plan', LOAN_PLAN_FILE, '--events', log, '--json'));
    expect(await first).toEqual(await second);
  });

  it.each([
    ['a plan that is not there', ['--plan', 'nowhere.yaml'], EXIT.usage, 'no-plan-file'],
    ['a log that is not there', ['--events', 'nowhere.csv'], EXIT.usage, 'no-event-log'],
    ['a column that is not there', ['--journey', 'case'], EXIT.refused, 'bad-event-log'],
  ])('with %s fails with a stable code', async (_, args, exitCode, code) => {
    const failed = await run('--plan', LOAN_PLAN_FILE, '--events', log, '--json', ...args);
    expect(failed).toMatchObject({ exitCode, out: '' });
    expect(JSON.parse(failed.err)).toMatchObject({ error: { code, exitCode } });
  });

  it('prints nothing of a line that is no CSV', async () => {
    const path = join(folder, 'quotes.csv');
    await writeFile(path, 'case_id,activity,lifecycle,timestamp\n7,Jane "x" Doe,COMPLETE,2012-01-01T00:00Z\n');
    for (const args of [[], ['--json']]) {
      const { exitCode, out, err } = await run('--plan', LOAN_PLAN_FILE, '--events', path, ...args);
      expect([exitCode, out]).toEqual([EXIT.refused, '']);
      expect(err).toContain('Line 2 of the event log is not CSV');
      expect(err).not.toMatch(/Jane|Doe/);
    }
  });

  it('needs a plan and a log', async () => {
    expect((await run('--plan', LOAN_PLAN_FILE)).exitCode).toBe(EXIT.usage);
    expect((await run('--events', log)).exitCode).toBe(EXIT.usage);
  });
});
