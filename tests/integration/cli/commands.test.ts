import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../../../cli/exit-codes';
import type { MigrationStatus } from '../../../domain/status/migration-status';
import type { RunningWorker } from '../../../worker/run-worker';
import { until } from '../../setup/until';
import { PAYMENT_PLAN } from '../api/payment-plan';
import { startTestApi, type ActorId, type TestApi } from '../api/running-api';
import { startTestWorker } from '../api/test-worker';
import { runCommand, startCommand, type CommandRun } from './run-command';

let api: TestApi;
let worker: RunningWorker;
let env: Record<string, string>;
let planFile: string;
beforeAll(async () => {
  api = await startTestApi();
  worker = await startTestWorker(api);
  // As `npm start` leaves it for the commands of the same machine.
  await writeFile(join(api.folder, 'client.json'), JSON.stringify({ url: api.url, tokens: api.tokens }));
  env = { HANDOFF_HOME: api.folder };
  planFile = join(api.folder, 'plan.yaml');
  await writeFile(planFile, PAYMENT_PLAN);
});
afterAll(async () => {
  await worker.stop();
  await api.stop();
});

const handoff = (...words: string[]): Promise<CommandRun> => runCommand(words, env);
const as = (actor: ActorId, ...words: string[]): Promise<CommandRun> => handoff(...words, '--as', actor);

async function json<Result>(...words: string[]): Promise<Result> {
  const { exitCode, stdout, stderr } = await handoff(...words, '--json');
  expect([words.join(' '), exitCode, stderr]).toEqual([words.join(' '), EXIT.ok, '']);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return JSON.parse(stdout) as Result;
}

async function failure(
  ...words: string[]
): Promise<{ code: string; message: string; exitCode: number; problems?: unknown[] }> {
  const { exitCode, stdout, stderr } = await handoff(...words, '--json');
  expect(stdout).toBe('');
  const { error } = JSON.parse(stderr) as { error: { code: string; message: string; exitCode: number } };
  expect(error.exitCode).toBe(exitCode);
  return error;
}

const statusNow = (): Promise<MigrationStatus> => json<MigrationStatus>('status', '--migration', 'walk');
const reaches = (wanted: string): Promise<true> =>
  until(
    `both cohorts are ${wanted}`,
    async () => (await statusNow()).phases[0]?.cohorts.every(({ run }) => run?.status === wanted) === true,
  );

describe('handoff, from the start of a migration to its end', () => {
  it('says that no migration is under way before there is one', async () => {
    expect(await failure('status')).toMatchObject({ code: 'no-migration', exitCode: EXIT.conflict });
    const listed = await handoff('status', '--all');
    expect([listed.exitCode, listed.stdout]).toEqual([EXIT.ok, expect.stringContaining('handoff start') as string]);
  });

  it('starts one, and refuses the same id again', async () => {
    const started = await handoff('start', planFile, '--id', 'walk', '--time-scale', '345600');
    expect([started.exitCode, started.stderr]).toEqual([EXIT.ok, '']);
    expect(started.stdout).toContain('Migration walk is under way');
    expect(started.stdout).toContain('payment (pilot-states, everyone-else)');
    expect(await failure('start', '--plan', planFile, '--id', 'walk', '--time-scale', '345600')).toMatchObject({
      code: 'migration-exists',
      exitCode: EXIT.conflict,
    });
  });

  it('shows what waits for a decision, and refuses the decision of whoever started it and of other roles', async () => {
    await reaches('awaitingGoNoGo');
    const shown = await handoff('status');
    expect(shown.stdout).toContain(
      'waits for go/no-go: 0 of 2 approvals, from release-manager or clinical-lead, not from whoever started it',
    );
    const own = await as('release-manager-1', 'approve', 'payment');
    expect([own.exitCode, own.stderr]).toEqual([
      EXIT.notAllowed,
      expect.stringContaining('Ask another person') as string,
    ]);
    expect((await as('engineer-1', 'approve', 'payment')).exitCode).toBe(EXIT.notAllowed);
    expect(await failure('approve', 'payment', '--as', 'release-manager-2', '--epoch', '99')).toMatchObject({
      code: 'stale-epoch',
      exitCode: EXIT.conflict,
    });
    expect(await failure('approve', 'payment', '--as', 'release-manager-2', '--evidence', 'older')).toMatchObject({
      code: 'stale-evidence',
      exitCode: EXIT.conflict,
    });
  });

  it('approves exactly what it has shown', async () => {
    const before = await statusNow();
    const approved = await as('release-manager-2', 'approve', 'payment', '--reason', 'looks sound');
    expect(approved.exitCode).toBe(EXIT.ok);
    for (const { run } of before.phases[0]?.cohorts ?? []) {
      expect(approved.stdout).toContain(`evidence  ${run?.request?.evidenceHash ?? '?'}`);
      expect(approved.stdout).toContain(`epoch     ${run?.epoch ?? '?'}`);
    }
    expect(approved.stdout).toContain(`plan      ${before.planHash.slice(0, 12)}`);
    expect((await as('release-manager-2', 'approve', 'payment')).exitCode).toBe(EXIT.conflict);
    const second = await json<{ outcome: string; cohorts: object[] }>('approve', 'payment', '--as', 'clinical-lead-1');
    expect(second.outcome).toBe('done');
    expect(second.cohorts).toHaveLength(2);
    await reaches('watching');
    expect(await failure('approve', 'payment')).toMatchObject({ code: 'approval-not-wanted', exitCode: EXIT.conflict });
    expect(await failure('resume', 'payment')).toMatchObject({ code: 'nothing-to-resume', exitCode: EXIT.conflict });
  });

  it('pauses one cohort and goes on with it, by a person whom the plan names', async () => {
    const paused = await as(
      'support-lead-1',
      'pause',
      'payment',
      '--cohort',
      'pilot-states',
      '--reason',
      'support is full',
    );
    expect([paused.exitCode, paused.stdout]).toEqual([
      EXIT.ok,
      expect.stringContaining('pilot-states: paused') as string,
    ]);
    await until('it waits for going on, and its split is down: another epoch would make the answer stale', async () => {
      const { run } = (await statusNow()).phases[0]?.cohorts[0] ?? {};
      return run?.request?.kind === 'goOn' && run.share === 0;
    });
    expect((await as('support-lead-1', 'resume', 'payment', '--cohort', 'pilot-states')).exitCode).toBe(
      EXIT.notAllowed,
    );
    const resumed = await as('release-manager-2', 'resume', 'payment', '--cohort', 'pilot-states');
    expect([resumed.exitCode, resumed.stderr]).toEqual([EXIT.ok, '']);
    await reaches('watching');
  });

  it('shows what a rollback would do and changes nothing, then does it', async () => {
    const epochs = async (): Promise<number[]> =>
      ((await statusNow()).phases[0]?.cohorts ?? []).map(({ split }) => split?.epoch ?? -1);
    const before = await epochs();
    const preview = await handoff('rollback', 'payment', '--dry-run');
    expect(preview.exitCode).toBe(EXIT.ok);
    expect(preview.stdout).toContain(
      'everyone-else, rollback of the phase:\n  1. lower the share of arrivals on target from 10% to 0%, and read it back',
    );
    expect(preview.stdout).toContain('Nothing was changed.');
    expect(
      await json<{ scope: string }>('rollback', 'payment', '--dry-run', '--cohort', 'everyone-else'),
    ).toMatchObject({
      scope: 'cohort',
      cohorts: [{ cohort: 'everyone-else' }],
    });
    expect(await epochs()).toEqual(before);

    const rolledBack = await as('engineer-1', 'rollback', 'payment', '--reason', 'routing is broken');
    expect([rolledBack.exitCode, rolledBack.stderr]).toEqual([EXIT.ok, '']);
    await reaches('rolledBack');
    const shown = await handoff('status');
    expect(shown.stdout).toMatch(/everyone-else +rolled back +.*0% +all to legacy/);
    expect(shown.stdout).not.toMatch(/\blease/i);
    const report = await handoff('rollback', 'payment', '--report');
    expect(report.stdout).toMatch(
      /everyone-else, rollback of the phase by engineer-1, .*: routing is broken\n {2}arrivals back since .*; done\n/,
    );
    expect(report.stdout).toContain('1. done: lower the share of arrivals on target from 10% to 0%, and read it back');
    expect(await failure('rollback', 'payment', '--bring-back', '--scope', 'phase')).toMatchObject({
      code: 'nobody-comes-back',
      exitCode: EXIT.conflict,
    });
    const again = await handoff('rollback', 'payment', '--bring-back', '--cohort', 'everyone-else', '--dry-run');
    expect(again.stdout).toContain('back to legacy, with one exception for each open journey in payment-not-routed');
    expect(await failure('rollback', 'payment', '--as', 'support-lead-1')).toMatchObject({
      code: 'role-missing',
      exitCode: EXIT.notAllowed,
    });
  });

  it('lists queues and their cases', async () => {
    await api.db.query(
      `INSERT INTO exception (migration, cause, queue, handoff, journey, subject, owner, due_at)
       SELECT 'walk', 'handoff:' || n, 'payment-not-routed', 'payment-to-provider-routing', 'epi_' || n, 'pat_' || n, 'care-coordination', now() - interval '1 minute'
         FROM generate_series(1, 3) n`,
    );
    const board = await handoff('queues');
    expect(board.stdout).toMatch(/payment-not-routed +care-coordination +\S+ +3 +3 +0 +0/);
    const cases = await handoff('queues', '--queue', 'payment-not-routed', '--limit', '2');
    expect(cases.stdout).toMatch(/overdue.*care-coordination +pat_\d +epi_\d +payment-to-provider-routing/);
    const next = /--after (\S+)/.exec(cases.stdout)?.[1];
    const rest = await json<{ exceptions: object[]; next: string | null }>(
      'queues',
      '--queue',
      'payment-not-routed',
      '--after',
      next ?? '',
    );
    expect([rest.exceptions.length, rest.next]).toEqual([1, null]);
    expect(await failure('queues', '--queue', 'nothing')).toMatchObject({
      code: 'unknown-queue',
      exitCode: EXIT.refused,
    });
  });

  it('says who did what and why', async () => {
    const audit = await handoff('audit', '--limit', '1000');
    expect(audit.stdout).toMatch(/migration\.started +release-manager-1/);
    expect(audit.stdout).toMatch(/engineer-1 +routing is broken/);
    const page = await json<{ entries: { id: number }[]; next: number | null }>('audit', '--limit', '2');
    expect(page.entries).toHaveLength(2);
    expect(page.next).toBe(page.entries[1]?.id);
  });

  it('says at the start what the plan declares and this release does not act on, so that nobody relies on it', async () => {
    const declaring = join(api.folder, 'declaring.yaml');
    const runbook =
      '\nrunbook: [{ id: card-vault, day: -60, what: The vault is moved., owner: billing-operations, evidence: A letter }]\n';
    await writeFile(declaring, `${PAYMENT_PLAN}${runbook}`);
    const started = await handoff('start', declaring, '--id', 'second');
    expect([started.exitCode, started.stderr]).toEqual([EXIT.ok, '']);
    expect(started.stdout).toContain('runbook: A runbook: declared and shown, but not acted on by this release.');
  });

  it('asks which migration where several are under way', async () => {
    const which = await failure('pause', 'payment');
    expect(which).toMatchObject({ code: 'several-migrations', exitCode: EXIT.usage });
    expect(which.message).toContain('second');
    expect(which.message).toContain('walk');
  });

  it('ends it', async () => {
    expect((await handoff('abort', 'payment', '--migration', 'walk', '--reason', 'not this year')).exitCode).toBe(
      EXIT.ok,
    );
    await until('it has ended', async () => (await statusNow()).state === 'ended');
    expect(await failure('pause', 'payment', '--migration', 'walk')).toMatchObject({
      code: 'phase-not-under-way',
      exitCode: EXIT.conflict,
    });
    const listed = await json<{ migrations: { migration: string; state: string }[] }>('status', '--all');
    expect(listed.migrations.map(({ migration, state }) => [migration, state])).toEqual([
      ['second', 'live'],
      ['walk', 'ended'],
    ]);
  });
});

describe('handoff status --watch', () => {
  it('prints each change on a line where nobody watches on a terminal, until Ctrl-C', async () => {
    const watching = startCommand(['status', '--watch', '--migration', 'second'], env);
    await until('the first look', () => watching.printed().includes('waits for go/no-go: 0 of 2 approvals'));
    await as('release-manager-2', 'approve', 'payment', '--migration', 'second');
    await until('the change', () => watching.printed().includes('1 of 2 approvals (release-manager-2)'));
    watching.interrupt();
    expect(await watching.ended).toMatchObject({ exitCode: EXIT.ok, stderr: '' });
    expect(watching.printed()).not.toContain('\u001b');
  });

  it('prints a status a line with --json, and one only where something changed', async () => {
    const watching = startCommand(['status', '--watch', '--json', '--migration', 'second'], env);
    const lines = (): MigrationStatus[] =>
      watching
        .printed()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as MigrationStatus);
    await until('the first look', () => lines().length === 1);
    await handoff('reject', 'payment', '--migration', 'second', '--cohort', 'pilot-states', '--reason', 'not yet');
    await until('the change', () => lines().length > 1);
    watching.interrupt();
    expect((await watching.ended).exitCode).toBe(EXIT.ok);
    expect(lines()[0]?.migration).toBe('second');
  });

  it('redraws in place on a terminal, no taller than it is, and leaves the last screen behind', async () => {
    const rows = 12;
    const watching = startCommand(['status', '--watch', '--migration', 'second'], env, rows);
    const frames = (): string[] => watching.printed().split('\u001b[H\u001b[J').slice(1);
    await until('two frames', () => frames().length >= 2);
    for (const frame of frames().slice(0, 1)) {
      expect(frame.split('\n').length).toBeLessThan(rows);
      expect(frame).toContain('more lines: enlarge the window');
    }
    watching.interrupt();
    const { exitCode, stdout } = await watching.ended;
    expect(exitCode).toBe(EXIT.ok);
    expect(stdout.startsWith('\u001b[?1049h')).toBe(true);
    expect(stdout.slice(stdout.lastIndexOf('\u001b[?1049l'))).toContain('EVENTS');
  });

  it('ends by itself with the migration', async () => {
    const watching = startCommand(['status', '--watch', '--migration', 'second'], env);
    await until('the first look', () => watching.printed().includes('second is live'));
    expect((await handoff('abort', 'payment', '--migration', 'second')).exitCode).toBe(EXIT.ok);
    const { exitCode, stdout } = await watching.ended;
    expect(exitCode).toBe(EXIT.ok);
    expect(stdout).toContain('second is ended');
  });
});
