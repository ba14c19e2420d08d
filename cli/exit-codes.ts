/** What the command's exit code says; part of the product's interface, listed by `handoff --help` and in docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** A failure nobody foresaw. */
  unexpected: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** What was given was read and refused: a bad plan, an unknown phase, a bad value. */
  refused: 3,
  /** It does not fit what is there now: a stale epoch, changed evidence, a migration of that id, no approval asked for. */
  conflict: 4,
  /** No token, an unknown one, or a role that may not do this. */
  notAllowed: 5,
  /** No system answers, or a part that the command needs is away. */
  notReachable: 6,
  /** It ran, and found that something is not as it must be: a rehearsal, a file of the archive. */
  checkFailed: 7,
  /** Everything is stopped, and somebody still has to hear of it (stop-all). */
  notTold: 8,
  /** Ended by Ctrl-C before it was done; what was sent may have been carried out. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One line a code, for `--help`. */
export const EXIT_CODE_TEXTS: Record<ExitCode, string> = {
  [EXIT.ok]: 'done',
  [EXIT.unexpected]: 'unexpected failure',
  [EXIT.usage]: 'the command line is wrong',
  [EXIT.refused]: 'refused: a bad plan or bad input',
  [EXIT.conflict]: 'conflict: stale epoch, changed evidence, or nothing there that this fits',
  [EXIT.notAllowed]: 'not allowed: no token, or a role that may not do this',
  [EXIT.notReachable]: 'not reachable: no system answers, or a part of it is away',
  [EXIT.checkFailed]: 'a check failed (rehearse, archive verify)',
  [EXIT.notTold]: 'stopped, but a migration was not told yet (stop-all)',
  [EXIT.interrupted]: 'interrupted before it was done',
};

/** The exit code for an HTTP status that the API answered. */
export function exitCodeFor(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.notAllowed;
  if (status === 409) return EXIT.conflict;
  if (status === 502 || status === 503 || status === 504) return EXIT.notReachable;
  return status >= 400 && status < 500 ? EXIT.refused : EXIT.unexpected;
}
