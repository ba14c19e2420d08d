import { Command, CommanderError } from 'commander';
import { DomainError } from '../domain/domain-error';
import { BadConfiguration } from '../platform/configuration';
import { addArchiveCommands } from './archive/archive-commands';
import { addBacktestCommand } from './backtest/backtest-command';
import { CliFailure } from './cli-failure';
import { addAuditCommand } from './commands/audit';
import { addCrosswalkCommands } from './commands/crosswalk';
import { addDecisionCommands } from './commands/decisions';
import { addDoctorCommand } from './commands/doctor';
import { addFindCommand } from './commands/find';
import { addLinkCommand } from './commands/link';
import { addOverrideCommands } from './commands/override';
import { addPatientCommand } from './commands/patient';
import { addProcessesCommand } from './commands/processes';
import { addRoutesCommand } from './commands/routes';
import { addQueueCommands } from './commands/queue';
import { addQueuesCommand } from './commands/queues';
import { addRollbackCommand } from './commands/rollback';
import { addStartCommand } from './commands/start';
import { addStatusCommand } from './commands/status';
import { addSteeringCommands } from './commands/steering';
import { addStopAllCommand } from './commands/stop-all';
import { addWhoMovesCommand } from './commands/who-moves';
import { EXIT, EXIT_CODE_TEXTS, exitCodeFor, type ExitCode } from './exit-codes';
import { addGateCommands } from './gate/gate-commands';
import { addHookCommands } from './hooks/hooks-commands';
import type { CliIo } from './io';
import { addPlanCommands } from './plan/plan-commands';
import { addRehearseCommand } from './rehearse/rehearse-command';
import { addSandboxCommand } from './rehearse/sandbox-command';
import { problemLines } from './screens/problem-lines';

/**
 * Runs one command line and gives its exit code. Prints the result to `io.stdout`; a failure to `io.stderr`, with `--json` as
 * `{ "error": { code, message, exitCode, problems? } }`.
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const json = args.includes('--json');
  try {
    await createProgram(io, json).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    if (io.signal.aborted) return EXIT.interrupted;
    const failure = failureOf(error);
    // Commander has printed its own, unless it was told not to.
    if (json) io.stderr.write(`${jsonFailure(failure)}\n`);
    else if (!(error instanceof CommanderError)) io.stderr.write(`${textFailure(failure)}\n`);
    return failure.exitCode;
  }
}

/** The whole command, for running and for its documentation. */
export function createProgram(io: CliIo, json = false): Command {
  const program = new Command('handoff')
    .description(
      'Moves patients from one technology stack to another, phase by phase, and brings them back when a handoff starts to fail.',
    )
    .addHelpText('afterAll', () => `\nExit codes:\n${exitCodeLines()}\n`)
    .showHelpAfterError("Add '--help' to see what it takes.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // With --json the failure is printed once, as JSON, by runCli.
      writeErr: (text) => {
        if (!json) io.stderr.write(text);
      },
    });
  addPlanCommands(program, io);
  addStartCommand(program, io);
  addStatusCommand(program, io);
  addDecisionCommands(program, io);
  addSteeringCommands(program, io);
  addRollbackCommand(program, io);
  addWhoMovesCommand(program, io);
  addStopAllCommand(program, io);
  addOverrideCommands(program, io);
  addLinkCommand(program, io);
  addFindCommand(program, io);
  addDoctorCommand(program, io);
  addPatientCommand(program, io);
  addCrosswalkCommands(program, io);
  addProcessesCommand(program, io);
  addRoutesCommand(program, io);
  addQueuesCommand(program, io);
  addQueueCommands(program, io);
  addHookCommands(program, io);
  addAuditCommand(program, io);
  addArchiveCommands(program, io);
  addRehearseCommand(program, io);
  addBacktestCommand(program, io);
  addGateCommands(program, io);
  addSandboxCommand(program, io);
  return program;
}

interface Failure {
  code: string;
  message: string;
  exitCode: ExitCode;
  problems: readonly unknown[];
}

function failureOf(error: unknown): Failure {
  if (error instanceof CliFailure) return error;
  if (error instanceof CommanderError) {
    return { code: 'usage', message: error.message.replace(/^error: /, ''), exitCode: EXIT.usage, problems: [] };
  }
  if (error instanceof DomainError) {
    const problems: unknown = 'problems' in error ? error.problems : [];
    return {
      code: error.code,
      message: error.message,
      exitCode: exitCodeFor(error.status),
      problems: Array.isArray(problems) ? problems : [],
    };
  }
  if (error instanceof BadConfiguration) {
    return { code: 'bad-configuration', message: error.message, exitCode: EXIT.refused, problems: error.problems };
  }
  const message = error instanceof Error ? error.message : 'The command failed.';
  return { code: 'unexpected', message, exitCode: EXIT.unexpected, problems: [] };
}

function jsonFailure({ code, message, exitCode, problems }: Failure): string {
  return JSON.stringify({ error: { code, message, exitCode, ...(problems.length === 0 ? {} : { problems }) } });
}

function textFailure({ message, problems }: Failure): string {
  return [message, ...problemLines(problems)].join('\n');
}

function exitCodeLines(): string {
  return Object.entries(EXIT_CODE_TEXTS)
    .map(([code, text]) => `  ${code.padEnd(3)}  ${text}`)
    .join('\n');
}
