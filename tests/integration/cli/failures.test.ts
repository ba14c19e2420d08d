import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../../../cli/exit-codes';
import { createProgram } from '../../../cli/run-cli';
import { loadPlan } from '../../../domain/plan/load-plan';
import { createMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { until } from '../../setup/until';
import { PAYMENT_PLAN } from '../api/payment-plan';
import { NOWHERE, startTestApi, type TestApi } from '../api/running-api';
import { runCommand, startCommand, type CommandEnvironment } from './run-command';

let api: TestApi;
let env: CommandEnvironment;
beforeAll(async () => {
  api = await startTestApi({ temporalAddress: NOWHERE });
  env = { HANDOFF_URL: api.url, HANDOFF_TOKEN: api.tokens['release-manager-1'] };
});
afterAll(() => api.stop());

interface Failure {
  code: string;
  message: string;
  exitCode: number;
  problems?: { line?: number; message: string }[];
}

/** The failure of a command with `--json`, which prints nothing else; and the exit code and text without it. */
async function failureOf(words: string[], environment: CommandEnvironment = env): Promise<Failure> {
  const told = await runCommand([...words, '--json'], environment);
  expect(told.stdout).toBe('');
  const { error } = JSON.parse(told.stderr) as { error: Failure };
  const text = await runCommand(words, environment);
  expect([told.exitCode, text.exitCode]).toEqual([error.exitCode, error.exitCode]);
  expect(text.stdout).toBe('');
  expect(text.stderr).toContain(error.message.split('\n')[0]);
  return error;
}

describe('what a command says when it fails', () => {
  it.each([
    [['fly'], 'unknown command'],
    [['status', '--colour'], 'unknown option'],
    [['approve'], 'missing required argument'],
    [['start', 'plan.yaml', '--time-scale', '0.5'], 'Give a number of 1 or more.'],
    [['audit', '--limit', 'many'], 'Give a whole number.'],
    [['rollback', 'payment', '--scope', 'everything'], 'Allowed choices are step, cohort, phase'],
    [['start'], "Name one plan's file"],
  ])('2 to a command line that is wrong: %j', async (words, message) => {
    const failure = await failureOf(words);
    expect(failure.exitCode).toBe(EXIT.usage);
    expect(failure.message).toContain(message);
  });

  it('3 to a bad plan, with every problem at its line', async () => {
    const file = join(api.folder, 'bad.yaml');
    await writeFile(file, PAYMENT_PLAN.replace('unit: episode', 'unit: dog').replace('soak: 14d', 'soak: never'));
    const text = await runCommand(['start', file], env);
    expect(text.exitCode).toBe(EXIT.refused);
    expect(text.stderr).toMatch(/^The plan has 2 problems/);
    expect(text.stderr).toMatch(/^ {2}\d+:\d+ {2}phases\[0\]\.unit {2}\S/m);
    const failure = await failureOf(['start', file]);
    expect(failure).toMatchObject({ code: 'bad-plan', exitCode: EXIT.refused });
    expect(failure.problems).toHaveLength(2);
  });

  it('3 to a migration that there is not', async () => {
    expect(await failureOf(['status', '--migration', 'nothing'])).toMatchObject({
      code: 'unknown-migration',
      exitCode: EXIT.refused,
    });
  });

  it('5 to a token that nobody has, and to a role that may not', async () => {
    expect(await failureOf(['status'], { ...env, HANDOFF_TOKEN: 'wrong' })).toMatchObject({
      code: 'unknown-token',
      exitCode: EXIT.notAllowed,
    });
    const engineer = { ...env, HANDOFF_TOKEN: api.tokens['engineer-1'] };
    const file = join(api.folder, 'good.yaml');
    await writeFile(file, PAYMENT_PLAN);
    expect(await failureOf(['start', file], engineer)).toMatchObject({
      code: 'role-missing',
      exitCode: EXIT.notAllowed,
    });
  });

  it('6 where nothing answers, where no system runs here, and where a part of it is away', async () => {
    const gone = await failureOf(['status'], { ...env, HANDOFF_URL: `http://${NOWHERE}` });
    expect(gone).toMatchObject({ code: 'no-system', exitCode: EXIT.notReachable });
    expect(gone.message).toContain("'npm start'");
    expect(await failureOf(['status'], { HANDOFF_HOME: api.folder })).toMatchObject({
      code: 'no-system',
      exitCode: EXIT.notReachable,
    });
    const file = join(api.folder, 'good.yaml');
    await writeFile(file, PAYMENT_PLAN);
    expect(await failureOf(['start', file])).toMatchObject({
      code: 'temporal-unreachable',
      exitCode: EXIT.notReachable,
    });
  });

  it('6 where something else answers', async () => {
    const other = await startOther();
    try {
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      expect(await failureOf(['status'], { ...env, HANDOFF_URL: url })).toMatchObject({
        code: 'not-this-api',
        exitCode: EXIT.notReachable,
      });
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('goes on watching while the API is away', async () => {
    const own = await startTestApi({ temporalAddress: NOWHERE });
    try {
      const { plan, hash } = loadPlan(PAYMENT_PLAN);
      await savePlan(own.db, { hash, plan, source: PAYMENT_PLAN });
      await createMigration(own.db, { id: 'seen', planHash: hash, salt: 's', timeScale: 1, startedBy: 'engineer-1' });
      const watching = startCommand(['status', '--watch'], {
        HANDOFF_URL: own.url,
        HANDOFF_TOKEN: own.tokens['engineer-1'],
      });
      await until('the first look', () => watching.printed().includes('seen is live'));
      await own.stopApi();
      await until('it says so', () => watching.complained().includes('Nothing answers at'));
      watching.interrupt();
      expect((await watching.ended).exitCode).toBe(EXIT.ok);
    } finally {
      await own.stop();
    }
  });
});

describe('handoff --help', () => {
  it('lists every command and every exit code, and so does the help of each command', async () => {
    const whole = await runCommand(['--help'], {});
    expect(whole.exitCode).toBe(EXIT.ok);
    const { commands } = createProgram({
      stdout: { write: () => true },
      stderr: { write: () => true },
      env: {},
      signal: new AbortController().signal,
    });
    const names = commands.map((command) => command.name());
    for (const name of [
      'plan',
      'start',
      'status',
      'approve',
      'reject',
      'pause',
      'resume',
      'rollback',
      'abort',
      'queues',
      'audit',
      'rehearse',
    ]) {
      expect(names).toContain(name);
    }
    for (const name of names) {
      expect(whole.stdout).toContain(`  ${name}`);
      const own = await runCommand([name, '--help'], {});
      expect([name, own.exitCode, own.stderr]).toEqual([name, EXIT.ok, '']);
      for (const code of Object.values(EXIT)) expect(own.stdout).toMatch(new RegExp(`^ {2}${code} `, 'm'));
    }
  });

  it('offers --json on every command that does something', () => {
    const { commands } = createProgram({
      stdout: { write: () => true },
      stderr: { write: () => true },
      env: {},
      signal: new AbortController().signal,
    });
    for (const leaf of commands.flatMap(leavesOf)) {
      expect([leaf.name(), leaf.options.map((option) => option.long)]).toEqual([
        leaf.name(),
        expect.arrayContaining(['--json']),
      ]);
    }
  });
});

/** What does something: a command that has none below it. */
function leavesOf(command: Command): Command[] {
  return command.commands.length > 0 ? command.commands.flatMap(leavesOf) : [command];
}

async function startOther(): Promise<Server> {
  const server = createServer((_request, response) => {
    response.end('<html>something else</html>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
