import { DomainError } from '../domain/domain-error';
import { GIVES_UP_EVENTS } from '../domain/queues/case-reasons';
import type { Queryable } from './database';
import type { ExceptionRequest, LockedException } from './exception-act';

/** A case that ended would leave what it holds to nobody. */
export class EventsHeld extends DomainError {
  readonly code = 'events-held';
  readonly status = 409;
  constructor(events: number) {
    super(
      `The case still holds ${events === 1 ? '1 event' : `${events} events`} of a vendor's; nothing was changed. 'handoff crosswalk held --case <case>' lists them and says what ends it. ` +
        `Where nobody will ever know where they belong, ask to accept the case for the reason ${GIVES_UP_EVENTS}: once somebody else agrees, they are given up for lost, and counted.`,
    );
  }
}

/** There is nothing to give up. */
export class HoldsNothing extends DomainError {
  readonly code = 'holds-nothing';
  readonly status = 409;
  constructor() {
    super('The case holds no event, so there is none to give up. Resolve it, or ask to accept it for another reason.');
  }
}

/** @throws EventsHeld where a case that is to end holds events */
export async function mustHoldNothing(
  connection: Queryable,
  { migration }: ExceptionRequest,
  { cause }: LockedException,
): Promise<void> {
  const events = await countHeld(connection, migration.id, cause);
  if (events > 0) throw new EventsHeld(events);
}

/** @throws HoldsNothing where there is nothing to give up */
export async function mustHoldSome(
  connection: Queryable,
  { migration }: ExceptionRequest,
  { cause }: LockedException,
): Promise<void> {
  if ((await countHeld(connection, migration.id, cause)) === 0) throw new HoldsNothing();
}

/** Whoever is about to hold something under a case takes its row first (`noteHeld`): under its lock this is all there is. */
export async function countHeld(connection: Queryable, migration: string, cause: string): Promise<number> {
  const { rows } = await connection.query<{ events: number }>(
    'SELECT count(*)::float8 AS events FROM unlinked_event WHERE migration = $1 AND cause = $2 AND outcome IS NULL',
    [migration, cause],
  );
  return rows[0]?.events ?? 0;
}

/** Holds what a case holds until the transaction ends: before the case, as whoever judges it again has it. Gives how many. */
export async function lockHeld(
  connection: Queryable,
  { migration, exception }: Pick<ExceptionRequest, 'migration' | 'exception'>,
): Promise<number> {
  const { rowCount } = await connection.query(
    `SELECT FROM unlinked_event u
      WHERE u.migration = $1 AND u.cause = (SELECT x.cause FROM exception x WHERE x.migration = $1 AND x.id = $2) AND u.outcome IS NULL
      ORDER BY u.number FOR UPDATE`,
    [migration.id, exception],
  );
  return rowCount ?? 0;
}

/** Gives up for lost what a case holds. What comes once more of it is a duplicate; the case has them, and reopening it holds them again. Gives how many. */
export async function giveUpHeld(connection: Queryable, migration: string, cause: string): Promise<number> {
  const { rowCount } = await connection.query(
    `UPDATE unlinked_event SET outcome = 'givenUp', ended_at = clock_timestamp(), due_at = NULL
      WHERE migration = $1 AND cause = $2 AND outcome IS NULL`,
    [migration, cause],
  );
  return rowCount ?? 0;
}

/** Holds again what was given up with a case, and has it judged at once. */
export async function holdAgain(connection: Queryable, migration: string, cause: string): Promise<void> {
  await connection.query(
    `UPDATE unlinked_event SET outcome = NULL, ended_at = NULL, due_at = clock_timestamp()
      WHERE migration = $1 AND cause = $2 AND outcome = 'givenUp'`,
    [migration, cause],
  );
}
