/** A stream that a command writes to. */
export interface Output {
  write(text: string): unknown;
  /** True on a terminal: only there are screens redrawn in place and coloured. */
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** What a command may touch of the world outside: passed in, so that tests run the same code. */
export interface CliIo {
  stdout: Output;
  stderr: Output;
  /** What a command reads that is told to read '-'; the process's own unless given. */
  stdin?: AsyncIterable<Buffer>;
  env: Readonly<Record<string, string | undefined>>;
  /** Ends with the person's Ctrl-C; a command that watches stops on it and exits with 0. */
  signal: AbortSignal;
}

/** What every command takes. */
export interface JsonOption {
  json?: boolean;
}

/**
 * Prints a command's result: with `--json` as one JSON object on one line, else as `screen` draws it.
 * Failures are thrown as CliFailure; with `--json` they are printed to standard error, as `{ "error": { code, message, exitCode, problems? } }`.
 */
export function print<Result>(
  io: CliIo,
  options: JsonOption,
  result: Result,
  screen: (result: Result) => string,
): void {
  io.stdout.write(`${options.json === true ? JSON.stringify(result) : screen(result).trimEnd()}\n`);
}

/** The flags and the text of `--json`, the same on every command: `command.option(...JSON_FLAG)`. */
export const JSON_FLAG = ['--json', 'print one JSON object instead of a screen'] as const;
