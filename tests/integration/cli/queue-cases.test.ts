import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../../../cli/exit-codes';
import type { ExceptionHistory, ExceptionPage } from '../../../domain/status/exception-page';
import { startTestApi, type TestApi } from '../api/running-api';
import { FACTS_PLAN, startMigrationOf } from '../facts/facts-plan';
import { runCommand, type CommandRun } from './run-command';

const WITH_REDRIVE = FACTS_PLAN.replace(
  '    queue: payment-not-routed\n',
  '    queue: payment-not-routed\n    redrive: { command: review.assign, to: { legacy: routing } }\n',
);

let api: TestApi;
let number: string;
beforeAll(async () => {
  api = await startTestApi();
  await writeFile(join(api.folder, 'client.json'), JSON.stringify({ url: api.url, tokens: api.tokens }));
  await startMigrationOf(api.db, 'cases', 1, WITH_REDRIVE);
  const { rows } = await api.db.query<{ id: string }>(
    `INSERT INTO exception (migration, cause, queue, handoff, phase, side, to_side, journey, subject, owner, due_at)
     VALUES ('cases', 'handoff:1', 'payment-not-routed', 'payment-to-provider-routing', 'payment', 'target', 'legacy', 'ep_1', 'pat_1',
             'care-coordination', clock_timestamp() - interval '1 minute')
     RETURNING id`,
  );
  number = rows[0]?.id ?? '';
});
afterAll(() => api.stop());

const queue = (...words: string[]): Promise<CommandRun> =>
  runCommand(['queue', ...words], { HANDOFF_HOME: api.folder });
const resolve = (...references: string[]): string[] => [
  ...['resolve', number],
  ...references.flatMap((reference) => ['--evidence', reference]),
];

describe('handoff queue', () => {
  it('lists the cases of a queue with patient and lane, and says which queues there are', async () => {
    const listed = await queue('list', 'payment-not-routed');
    expect([listed.exitCode, listed.stderr]).toEqual([EXIT.ok, '']);
    expect(listed.stdout).toMatch(
      /overdue.*care-coordination +pat_1 +ep_1 +payment-to-provider-routing +target→legacy/,
    );
    const all = JSON.parse((await queue('list', '--json')).stdout) as ExceptionPage;
    expect(all.exceptions.map(({ id }) => id)).toEqual([number]);
    const unknown = await queue('list', 'nothing');
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      EXIT.refused,
      expect.stringContaining('payment-not-routed, next-step-not-told') as string,
    ]);
  });

  it('gives a case to somebody, and shows it with what is to be done', async () => {
    expect((await queue('assign', number, '--to', 'engineer-1')).exitCode).toBe(EXIT.ok);
    const { stdout } = await queue('show', number);
    expect(stdout).toMatch(/taken by +engineer-1/);
    expect(stdout).toMatch(/lane +target→legacy/);
    expect(stdout).toMatch(/1 +Find the charge/);
    expect(stdout).toMatch(/release-manager-1 assigned to engineer-1/);
    expect((await queue('assign', number, '--to', 'nobody-1')).stderr).toContain('No actor of this id');
  });

  it('resolves it with a reference for each step, and says which one is missing', async () => {
    const missing = await queue(...resolve('1=ticket-4711'));
    expect([missing.exitCode, missing.stderr]).toEqual([
      EXIT.refused,
      expect.stringContaining('Step 2 has none: Send it again') as string,
    ]);
    const refused = await queue(...resolve('1=zebra@example.com', '2=ticket-4712'));
    expect(refused.exitCode).toBe(EXIT.refused);
    expect(refused.stderr).not.toContain('zebra');
    expect((await queue(...resolve('ticket-4711'))).exitCode).toBe(EXIT.usage);
    const done = await queue(...resolve('2=ticket-4712', '1=ticket-4711'));
    expect([done.exitCode, done.stderr]).toEqual([EXIT.ok, '']);
    expect(done.stdout).toMatch(/1 +Find the charge +ticket-4711/);
    const again = await queue(...resolve('1=ticket-4711', '2=ticket-4713'));
    expect([again.exitCode, again.stderr]).toEqual([EXIT.conflict, expect.stringContaining('ended already') as string]);
  });

  it('opens it again, with a reason', async () => {
    expect((await queue('reopen', number)).exitCode).toBe(EXIT.usage);
    expect((await queue('reopen', number, '--reason', 'The record is not there.')).exitCode).toBe(EXIT.ok);
    const { exception, actions } = JSON.parse((await queue('show', number, '--json')).stdout) as ExceptionHistory;
    expect([exception.state, exception.overdue, exception.reopened]).toEqual(['open', false, 1]);
    expect(actions.map(({ action }) => action)).toEqual(['assigned', 'resolved', 'reopened']);
    expect((await queue('reopen', number, '--reason', 'Again.')).exitCode).toBe(EXIT.conflict);
  });
});

describe('handoff queue, besides resolving', () => {
  const plant = async (): Promise<string> => {
    const { rows } = await api.db.query<{ id: string }>(
      `INSERT INTO exception (migration, cause, queue, journey, subject, owner, due_at)
       VALUES ('cases', 'event:planted:' || gen_random_uuid(), 'next-step-not-told', 'ep_2', 'pat_2', 'care-coordination', clock_timestamp() + interval '1 hour')
       RETURNING id`,
    );
    return rows[0]?.id ?? '';
  };
  const succeed = async (...words: string[]): Promise<string> => {
    const { exitCode, stderr, stdout } = await queue(...words);
    expect([exitCode, stderr]).toEqual([EXIT.ok, '']);
    return stdout;
  };

  it('puts a case off and takes it up again (I8)', async () => {
    const one = await plant();
    const put = await succeed('snooze', one, '--until', '4h', '--reason', 'waiting-for-pharmacy');
    expect(put).toMatch(/open, put off/);
    expect(put).toMatch(/put off +until .* by release-manager-1: waiting-for-pharmacy/);
    expect(await succeed('list', 'next-step-not-told')).toMatch(/open, put off/);
    expect(await succeed('wake', one)).not.toMatch(/put off/);
    expect((await queue('snooze', one, '--until', 'tomorrow', '--reason', 'waiting-for-fix')).exitCode).toBe(
      EXIT.usage,
    );
    const told = await queue('snooze', one, '--until', '4h', '--reason', 'holiday');
    expect([told.exitCode, told.stderr]).toEqual([
      EXIT.refused,
      expect.stringContaining('waiting-for-patient') as string,
    ]);
  });

  it('R30 has a missing command sent again, and says why it is not', async () => {
    const reason = ['--reason', 'never-arrived'];
    const none = await queue('redrive', await plant(), ...reason);
    expect([none.exitCode, none.stderr]).toEqual([
      EXIT.conflict,
      expect.stringContaining('no system owes a command') as string,
    ]);
    expect(await succeed('redrive', number, ...reason)).toMatch(/^review\.assign to routing: to be sent$/m);
    expect(await succeed('bulk', 'redrive', number, '--reason', 'lost-in-outage')).toContain(number);
    const shown = await succeed('show', number);
    expect(shown).toMatch(/release-manager-1 had the missing command sent again: never-arrived/);
    expect(shown.match(/to be sent/g)).toHaveLength(1);
    expect((await queue('redrive', number)).exitCode).toBe(EXIT.usage);
  });

  it('leaves a case as it is with a second person, and tells the first that they are not one (I8)', async () => {
    const one = await plant();
    const reason = ['--reason', 'patient-declined'];
    expect(await succeed('accept', one, ...reason)).toMatch(/to accept +patient-declined, asked by release-manager-1/);
    expect((await queue('approve', one, ...reason)).exitCode).toBe(EXIT.notAllowed);
    expect(await succeed('refuse', one, ...reason, '--as', 'clinical-lead-1')).not.toMatch(/to accept/);
    await succeed('accept', one, ...reason);
    expect(await succeed('approve', one, ...reason, '--as', 'clinical-lead-1')).toMatch(
      /accepted +.* by clinical-lead-1/,
    );
    expect(await succeed('show', one)).toMatch(/clinical-lead-1 accepted it: patient-declined/);
    expect(await succeed('list', '--state', 'accepted')).toMatch(/pat_2/);
  });

  it('merges a case, notes its steps, and does the same to many (R30)', async () => {
    const [one, two, three] = [await plant(), await plant(), await plant()];
    await succeed('step', one, '--evidence', '1=ticket-4711');
    expect(await succeed('merge', one, '--into', two)).toMatch(new RegExp(`part of +${two}`));
    expect(await succeed('show', two)).toMatch(new RegExp(`has in it +${one}`));
    const many = await queue('bulk', 'assign', two, three, one, '--to', 'engineer-1');
    expect([many.exitCode, many.stderr]).toEqual([EXIT.conflict, expect.stringContaining('1 of 3 cases were refused')]);
    expect(many.stdout).toMatch(/already-resolved/);
    expect(many.stdout).toMatch(/2 done, 1 refused/);
    const found = ['--queue', 'next-step-not-told', '--assigned-to', 'engineer-1'];
    expect(await succeed('bulk', 'snooze', ...found, '--until', '1h', '--reason', 'waiting-for-fix')).toMatch(
      /2 done, 0/,
    );
    expect(await succeed('bulk', 'resolve', ...found, '--evidence', '1=ticket-4712')).toMatch(/2 done, 0 refused/);
    expect((await queue('bulk', 'assign', '--to', 'engineer-1')).exitCode).toBe(EXIT.usage);
  });
});

describe('handoff queues, the board (R30)', () => {
  const queues = (...words: string[]): Promise<CommandRun> =>
    runCommand(['queues', ...words], { HANDOFF_HOME: api.folder });

  it('shows cases by side, and day by day with when each queue is worked off', async () => {
    const bySide = await queues('--by', 'side');
    expect([bySide.exitCode, bySide.stderr]).toEqual([EXIT.ok, '']);
    expect(bySide.stdout).toMatch(/SIDE +OPEN/);
    expect(bySide.stdout).toMatch(/target +1 /);
    const days = await queues('--days', '3', '--queue', 'payment-not-routed');
    expect(days.stdout).toMatch(new RegExp(`${new Date().toISOString().slice(0, 10)} +\\d`));
    expect(days.stdout).toMatch(/payment-not-routed +care-coordination +1 +not in the plan/);
    expect(days.stdout).not.toContain('next-step-not-told');
  });

  it('says by what it can be shown, and which queues and days there are', async () => {
    expect((await queues('--by', 'patient')).exitCode).toBe(EXIT.usage);
    expect((await queues('--days', '3', '--queue', 'nothing')).stderr).toContain('payment-not-routed');
    expect((await queues('--days', '91')).exitCode).toBe(EXIT.refused);
  });
});
