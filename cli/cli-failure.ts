import type { ExitCode } from './exit-codes';

/** A command ended without doing what it was asked; the message says what to do. Thrown by commands, printed once, by the command's entry. */
export class CliFailure extends Error {
  constructor(
    /** A stable code, such as `no-system` or the API's own. */
    readonly code: string,
    readonly exitCode: ExitCode,
    message: string,
    /** What is wrong one by one, where there is more than the message. */
    readonly problems: readonly unknown[] = [],
  ) {
    super(message);
    this.name = 'CliFailure';
  }
}
