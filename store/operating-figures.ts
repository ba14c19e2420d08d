import type { Queryable } from './database';

export interface LiveShare {
  migration: string;
  phase: string;
  cohort: string;
  /** Share of arriving units that target takes now, from 0 to 1; 0 where the lease has run out. */
  share: number;
}

/** The splits of live migrations. */
export async function sharesOfLiveSplits(connection: Queryable): Promise<LiveShare[]> {
  const { rows } = await connection.query<{ migration: string; phase: string; cohort: string; buckets: number }>(
    `SELECT split.migration, split.phase, split.cohort,
            CASE WHEN split.mode <> 'committed' AND split.lease_until < clock_timestamp() THEN 0 ELSE split.share END AS buckets
     FROM split JOIN migration ON migration.id = split.migration WHERE migration.state = 'live'`,
  );
  return rows.map(({ buckets, ...split }) => ({ ...split, share: buckets / 100_000 }));
}

export interface OpenExceptions {
  migration: string;
  queue: string;
  open: number;
}

/** How many exceptions wait for somebody, by queue. A queue where none does is left out. */
export async function openExceptionsByQueue(connection: Queryable): Promise<OpenExceptions[]> {
  const { rows } = await connection.query<OpenExceptions>(
    `SELECT migration, queue, count(*)::int AS open FROM exception WHERE state = 'open' GROUP BY migration, queue`,
  );
  return rows;
}

export interface HeldEvents {
  migration: string;
  because: string;
  events: number;
}

/** How many events of vendors are held because nobody knows whose they are, by why (domain/crosswalk: UnlinkedBecause). */
export async function heldEvents(connection: Queryable): Promise<HeldEvents[]> {
  const { rows } = await connection.query<HeldEvents>(
    `SELECT migration, because, count(*)::int AS events FROM unlinked_event WHERE outcome IS NULL GROUP BY migration, because`,
  );
  return rows;
}

export interface GivenUpEvents {
  migration: string;
  events: number;
}

/** How many events of vendors two people gave up for lost. A migration of which none was is left out. */
export async function givenUpEvents(connection: Queryable): Promise<GivenUpEvents[]> {
  const { rows } = await connection.query<GivenUpEvents>(
    `SELECT migration, count(*)::int AS events FROM unlinked_event WHERE outcome = 'givenUp' GROUP BY migration`,
  );
  return rows;
}

export interface TicketLeaks {
  migration: string;
  queue: string;
  leaks: number;
}

/** How many tickets are leaks, by queue (R31). A queue where none is is left out. */
export async function leaksByQueue(connection: Queryable): Promise<TicketLeaks[]> {
  const { rows } = await connection.query<TicketLeaks>(
    `SELECT migration, queue, count(*)::int AS leaks FROM ticket
      WHERE judged_at IS NOT NULL AND exception IS NULL GROUP BY migration, queue`,
  );
  return rows;
}
