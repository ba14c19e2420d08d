import { runCli } from '../../../cli/run-cli';

export interface CommandRun {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface RunningCommand {
  /** What was printed so far. */
  printed(): string;
  complained(): string;
  /** Ctrl-C. */
  interrupt(): void;
  ended: Promise<CommandRun>;
}

export type CommandEnvironment = Readonly<Record<string, string | undefined>>;

/** Runs `handoff` with these words, to its end. */
export async function runCommand(words: readonly string[], env: CommandEnvironment): Promise<CommandRun> {
  return startCommand(words, env).ended;
}

/** Starts `handoff` with these words. @param rows of the terminal that it prints to; none unless given */
export function startCommand(words: readonly string[], env: CommandEnvironment, rows?: number): RunningCommand {
  const printed: string[] = [];
  const complained: string[] = [];
  const interrupted = new AbortController();
  const terminal = rows === undefined ? {} : { isTTY: true, rows, columns: 120 };
  const ended = runCli(words, {
    stdout: { write: (text) => printed.push(text), ...terminal },
    stderr: { write: (text) => complained.push(text) },
    env,
    signal: interrupted.signal,
  }).then((exitCode) => ({ exitCode, stdout: printed.join(''), stderr: complained.join('') }));
  return {
    printed: () => printed.join(''),
    complained: () => complained.join(''),
    interrupt: () => {
      interrupted.abort();
    },
    ended,
  };
}
