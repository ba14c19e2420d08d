/** Workflow id of a case's SLA clock: the migration's name and the case's number alone, since ids are not encrypted (I15). */
export function exceptionClockId(migration: string, exception: string): string {
  return `exception/${migration}/${exception}`;
}

/** Signal that has a clock look again; it carries nothing, since what counts stands in Postgres. */
export const LOOK_AGAIN = 'lookAgain';
