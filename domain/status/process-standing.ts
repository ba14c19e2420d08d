/**
 * Whether an API process may answer sides. `live`: its lease runs. `lapsed`: it has run out, and nobody waits for it. `inLimbo`: it has
 * run out, and the process keeps a journal: it may be answering where nobody can see what, so nobody new goes to target until it is back or
 * declared dead.
 */
export const PROCESS_STATES = ['live', 'lapsed', 'inLimbo'] as const;
export type ProcessState = (typeof PROCESS_STATES)[number];

/** An API process that answers sides. Dates are ISO texts by the database's clock. */
export interface ProcessStanding {
  process: string;
  /** Where it runs. */
  name: string;
  state: ProcessState;
  /** When this start of it first took its right. */
  startedAt: string;
  /** Until when it may answer from memory; in the past where it no longer may. */
  leaseUntil: string;
  /** Whether it answers in an outage, and owes those sides afterwards. */
  keepsJournal: boolean;
  /** The version of all sides that it answers by. */
  seenVersion: number;
  /** Whether a newer version is in force: a rollback waits for it while it is live. */
  behind: boolean;
}

/** The API processes, those in limbo first. */
export interface ProcessList {
  /** Of all sides, now in force. */
  version: number;
  processes: ProcessStanding[];
}

/** What came of declaring a process dead. */
export interface DeclaredDead {
  process: string;
  /** Live migrations whose audit log says so. */
  migrations: string[];
  /** What it means, for people. */
  detail: string;
}

/** A process in limbo, as a migration's status names it. */
export interface LimboProcess {
  process: string;
  name: string;
  since: string;
}
