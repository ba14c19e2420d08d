import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../domain/domain-error';
import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';

/** A process that answers sides, and this start of it. */
export interface ApiProcess {
  id: string;
  incarnation: string;
  /** Where it runs, for people. */
  name: string;
  keepsJournal: boolean;
}

/**
 * `held`: it may answer from what it read until a lease after the read. `behind`: something changed since. `taken`: another start of the same
 * process has the right, and it must not.
 */
export type RightAnswer = 'held' | 'behind' | 'taken';

/** Asks for the right to answer from memory what was read at `readAt`, by the database's clock, as of `version`. */
export async function holdSidesRight(
  connection: Queryable,
  { id, incarnation, name, keepsJournal }: ApiProcess,
  read: { version: number; readAt: Date; lease: Milliseconds },
): Promise<RightAnswer> {
  const { rows } = await connection.query<{ right: RightAnswer }>(
    `SELECT hold_sides_right($1, $2, $3, $4, $5, $6, $7) AS right`,
    [id, incarnation, name, keepsJournal, read.version, read.readAt, read.lease],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('The right to answer from memory was neither given nor refused.');
  return row.right;
}

/** Takes leave: nobody waits for this process any more, and nobody misses it. Nothing may be answered after this. */
export async function leaveSides(connection: Queryable, { id, incarnation }: ApiProcess): Promise<void> {
  await connection.query('DELETE FROM api_process WHERE id = $1 AND incarnation = $2', [id, incarnation]);
}

/** Some process may answer as of an older version still, although its lease should have ended by now. */
export class ProcessesBehind extends DomainError {
  readonly code = 'processes-behind';
  readonly status = 503;
  override readonly retryable = true;
  constructor() {
    super(
      'The split is changed, but not every API process has taken it over in time. Repeat the command to wait for it again, and look at `handoff processes`.',
    );
  }
}

/** Whether some process may be answering on its own: until it is back or declared dead, nobody new goes to target. */
export async function isSomebodyInLimbo(connection: Queryable): Promise<boolean> {
  const { rows } = await connection.query<{ limbo: boolean }>('SELECT somebody_in_limbo() AS limbo');
  return rows[0]?.limbo === true;
}

/** No process is without a look for so long and remembers anything still. */
const CHANGES_KEPT = '1 hour';

/**
 * Removes what nobody looks for any more: changes that every process has taken over or forgotten, and processes without a journal that ended
 * without taking leave. One with a journal stays until it is back or declared dead.
 */
export async function tidySides(connection: Queryable): Promise<void> {
  await connection.query('DELETE FROM side_change WHERE changed_at < clock_timestamp() - $1::interval', [CHANGES_KEPT]);
  await connection.query(
    'DELETE FROM api_process WHERE NOT keeps_journal AND lease_until < clock_timestamp() - $1::interval',
    [CHANGES_KEPT],
  );
}

const FIRST_LOOK: Milliseconds = 2;
const LAST_LOOK: Milliseconds = 50;
/** Longer than any process's lease may be. */
export const LONGEST_PROCESS_LEASE: Milliseconds = 10_000;

/**
 * Waits until no process answers as of an older version than the one in force now: each has taken it over, or its lease has run out. That
 * ends, since a process that renews its lease has seen the version by then.
 * @throws ProcessesBehind where it did not end all the same
 */
export async function awaitTakenOver(connection: Queryable): Promise<void> {
  const { rows } = await connection.query<{ version: number }>('SELECT version::float8 AS version FROM split_version');
  const version = rows[0]?.version ?? 0;
  const looksFrom = performance.now();
  for (let wait = FIRST_LOOK; ; wait = Math.min(wait * 2, LAST_LOOK)) {
    const { rows: behind } = await connection.query<{ processes: number }>('SELECT processes_behind($1) AS processes', [
      version,
    ]);
    if (behind[0]?.processes === 0) return;
    if (performance.now() - looksFrom > 2 * LONGEST_PROCESS_LEASE) throw new ProcessesBehind();
    await delay(wait);
  }
}
