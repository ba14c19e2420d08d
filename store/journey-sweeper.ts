import type { Milliseconds } from '../domain/time/duration';
import type { Database, Queryable } from './database';
import type { MigrationPlans } from './migration-plans';
import type { JourneyKey } from './occurrence-rows';
import { reconcileJourneys } from './reconcile-journeys';
import { addReport, nothingSwept, type SweepReport } from './sweep-report';

/** When a journey that could not be matched is looked at again, so that it holds up no other. */
const LOOK_AGAIN_AFTER: Milliseconds = 30_000;

/**
 * Matches journeys that are due. Any number of these may run: each passes by what another has claimed, and what a killed one had
 * claimed is free at once. A claim holds up no event: the journeys' rows are locked only while the result is written.
 */
export class JourneySweeper {
  /** Journeys whose last try failed. A lost connection is no fault of theirs; a second failure is. */
  private readonly failedBefore = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly plans: MigrationPlans,
  ) {}

  /** Matches up to `limit` journeys, the longest due first, in one transaction. @throws where the database is away */
  async sweep(limit: number): Promise<SweepReport> {
    let claimed: JourneyKey[] = [];
    try {
      return await this.db.transaction(
        async (connection) => {
          claimed = await claimDue(connection, limit);
          return reconcileJourneys(connection, this.plans, claimed);
        },
        { byIndex: true },
      );
    } catch (error) {
      if (claimed.length === 0) throw error;
      return this.sweepOneByOne(claimed);
    }
  }

  /** Finds the journey that a sweep failed on; the others go on. */
  private async sweepOneByOne(journeys: readonly JourneyKey[]): Promise<SweepReport> {
    const total = nothingSwept();
    for (const journey of journeys) {
      const key = `${journey.migration} ${journey.journey}`;
      try {
        const one = this.db.transaction(
          async (connection) => reconcileJourneys(connection, this.plans, await claimIfDue(connection, journey)),
          { byIndex: true },
        );
        addReport(total, await one);
        this.failedBefore.delete(key);
      } catch (error) {
        total.failed += 1;
        total.failure ??= error;
        if (!this.failedBefore.delete(key)) this.failedBefore.add(key);
        else await postpone(this.db, journey);
      }
    }
    return total;
  }
}

/** How many due journeys are looked at for each that is claimed: room for what other matchers have claimed. */
const LOOKED_AT = 8;

/**
 * Taken until the transaction ends, and by one matcher at a time; nobody ever waits for it. Two journeys of one hash only pass each
 * other by.
 */
const CLAIM = `pg_try_advisory_xact_lock(hashtextextended(due.migration || ' ' || due.journey, 0))`;

async function claimDue(connection: Queryable, limit: number): Promise<JourneyKey[]> {
  // statement_timestamp() and not clock_timestamp(): the index serves only what stays the same through a statement.
  const { rows } = await connection.query<JourneyKey>(
    `SELECT migration, journey
       FROM (SELECT migration, id AS journey FROM journey WHERE due_at <= statement_timestamp() ORDER BY due_at LIMIT $2) AS due
      WHERE ${CLAIM} LIMIT $1`,
    [limit, limit * LOOKED_AT],
  );
  return rows;
}

async function claimIfDue(connection: Queryable, { migration, journey }: JourneyKey): Promise<JourneyKey[]> {
  const { rows } = await connection.query<JourneyKey>(
    `SELECT migration, journey
       FROM (SELECT migration, id AS journey FROM journey
              WHERE migration = $1 AND id = $2 AND due_at <= statement_timestamp() OFFSET 0) AS due
      WHERE ${CLAIM}`,
    [migration, journey],
  );
  return rows;
}

async function postpone(db: Database, { migration, journey }: JourneyKey): Promise<void> {
  await db.query(
    `UPDATE journey SET due_at = clock_timestamp() + $3::float8 * interval '1 millisecond' WHERE migration = $1 AND id = $2`,
    [migration, journey, LOOK_AGAIN_AFTER],
  );
}
