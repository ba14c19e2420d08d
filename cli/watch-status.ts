import { setTimeout as wait } from 'node:timers/promises';
import type { MigrationStatus } from '../domain/status/migration-status';
import { CliFailure } from './cli-failure';
import { EXIT } from './exit-codes';
import type { CliIo } from './io';
import type { Paint } from './screens/paint';
import { changesBetween } from './screens/status-changes';
import { statusScreen } from './screens/status-screen';

const LOOK_EVERY = 1_000;
const ENTER_OWN_SCREEN = '\u001b[?1049h\u001b[?25l';
const LEAVE_OWN_SCREEN = '\u001b[?25h\u001b[?1049l';
const HOME_AND_CLEAR = '\u001b[H\u001b[J';

export interface Watch {
  read: () => Promise<MigrationStatus>;
  json: boolean;
  paint: Paint;
}

/** What shows each look: a screen of its own on a terminal, else lines. */
interface View {
  show(status: MigrationStatus): void;
  /** The API did not answer this time. */
  lost(failure: CliFailure): void;
  close(): void;
}

/**
 * Shows a status again and again until the migration ends or `io.signal` fires. Once it was reached, an API that is away is waited for.
 * @throws CliFailure where the first look fails, or where a later one is refused
 */
export async function watchStatus(io: CliIo, { read, json, paint }: Watch): Promise<void> {
  const first = await read();
  const view = json ? jsonView(io) : io.stdout.isTTY === true ? screenView(io, paint) : lineView(io);
  try {
    view.show(first);
    for (let ended = first.state === 'ended'; !ended;) {
      try {
        await wait(LOOK_EVERY, undefined, { signal: io.signal });
        const status = await read();
        view.show(status);
        ended = status.state === 'ended';
      } catch (error) {
        if (io.signal.aborted) return;
        if (!(error instanceof CliFailure) || error.exitCode !== EXIT.notReachable) throw error;
        view.lost(error);
      }
    }
  } finally {
    view.close();
  }
}

/** Redraws in place, on the terminal's second screen; what was last seen stays on the first. */
function screenView(io: CliIo, paint: Paint): View {
  let last = '';
  let trouble = '';
  const draw = (): void => {
    const lines = [...last.split('\n'), '', paint.dim(`${trouble}Ctrl-C ends this; the migration goes on.`)];
    const room = Math.max(5, (io.stdout.rows ?? Number.POSITIVE_INFINITY) - 1);
    const shown =
      lines.length <= room
        ? lines
        : [...lines.slice(0, room - 1), paint.dim(`… ${lines.length - room + 1} more lines: enlarge the window`)];
    io.stdout.write(`${HOME_AND_CLEAR}${shown.join('\n')}`);
  };
  io.stdout.write(ENTER_OWN_SCREEN);
  return {
    show: (status) => {
      last = statusScreen(status, paint);
      trouble = '';
      draw();
    },
    lost: (failure) => {
      trouble = `${failure.message} Looking again. `;
      draw();
    },
    close: () => io.stdout.write(`${LEAVE_OWN_SCREEN}${last}\n`),
  };
}

/** One line a change, for logs and pipes. */
function lineView(io: CliIo): View {
  let last: MigrationStatus | undefined;
  return {
    show: (status) => {
      for (const change of changesBetween(last, status)) io.stdout.write(`${change}\n`);
      last = status;
    },
    lost: (failure) => io.stderr.write(`${failure.message} Looking again.\n`),
    close: () => undefined,
  };
}

/** NDJSON: a whole status a line, where something changed but the clock. */
function jsonView(io: CliIo): View {
  let last = '';
  return {
    show: (status) => {
      const content = JSON.stringify(status, (key, value: unknown) =>
        MOVES_WITH_THE_CLOCK.has(key) ? undefined : value,
      );
      if (content === last) return;
      last = content;
      io.stdout.write(`${JSON.stringify(status)}\n`);
    },
    lost: (failure) =>
      io.stderr.write(
        `${JSON.stringify({ error: { code: failure.code, message: failure.message, exitCode: failure.exitCode } })}\n`,
      ),
    close: () => undefined,
  };
}

const MOVES_WITH_THE_CLOCK = new Set(['leaseUntil', 'evaluatedAt']);
