import type { Milliseconds } from '../domain/time/duration';
import {
  claimCorrelationIfDue,
  claimDueCorrelations,
  isAnyCorrelationDue,
  nameOf,
  postponeCorrelation,
  type CorrelationKey,
} from './correlations';
import type { Database, Queryable } from './database';
import type { MigrationPlans } from './migration-plans';
import type { JourneyKey } from './occurrence-rows';
import { reconcileCorrelations } from './reconcile-correlations';
import { reconcileJourneys } from './reconcile-journeys';
import { addReport, nothingSwept, type SweepReport } from './sweep-report';

/** When what could not be matched is looked at again, so that it holds up no other. */
const LOOK_AGAIN_AFTER: Milliseconds = 30_000;

/** A kind of thing that is matched, each on its own. */
interface Sweepable<Key> {
  /** Claims some until the transaction ends: journeys that have been due for that long. */
  claim(connection: Queryable, limit: number, dueFor: Milliseconds): Promise<Key[]>;
  claimIfDue(connection: Queryable, key: Key): Promise<Key[]>;
  /** @param again after it failed: nothing is taken for granted */
  reconcile(
    connection: Queryable,
    plans: MigrationPlans,
    keys: readonly Key[],
    how?: { again: boolean },
  ): Promise<SweepReport>;
  postpone(connection: Queryable, key: Key, after: Milliseconds): Promise<void>;
  nameOf(key: Key): string;
}

/**
 * Matches journeys that are due, and what is matched over several of them. Any number of these may run: each passes by what another has claimed, and what a
 * killed one had claimed is free at once. A claim holds up no event: rows are locked only while the result is written.
 */
export class JourneySweeper {
  /** What failed at its last try. A lost connection is no fault of it; a second failure is. */
  private readonly failedBefore = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly plans: MigrationPlans,
  ) {}

  /**
   * Matches up to `limit` journeys, and as many other units, the longest due first, each in one transaction.
   * @param dueFor journeys that have been due for less are left for later
   * @throws where the database is away
   */
  async sweep(limit: number, dueFor: Milliseconds = 0): Promise<SweepReport> {
    const report = await this.sweepSome(JOURNEYS, limit, dueFor);
    if (await isAnyCorrelationDue(this.db)) addReport(report, await this.sweepSome(CORRELATIONS, limit, dueFor));
    return report;
  }

  /** Whether less than so many journeys have become due in the last second. */
  async isCalm(few: number): Promise<boolean> {
    const { rows } = await this.db.query<{ due: number }>(
      `SELECT count(*)::integer AS due FROM (
         SELECT FROM journey WHERE due_at > statement_timestamp() - interval '1 s' AND due_at <= statement_timestamp() LIMIT $1) d`,
      [few],
    );
    return (rows[0]?.due ?? 0) < few;
  }

  /** Whether so many journeys or more have been due for that long. */
  async isBehind(many: number, dueFor: Milliseconds): Promise<boolean> {
    const { rows } = await this.db.query<{ due: number }>(
      `SELECT count(*)::integer AS due FROM (
         SELECT FROM journey WHERE due_at <= statement_timestamp() - $2::float8 * interval '1 millisecond' LIMIT $1) d`,
      [many, dueFor],
    );
    return (rows[0]?.due ?? 0) >= many;
  }

  private async sweepSome<Key>(what: Sweepable<Key>, limit: number, dueFor: Milliseconds): Promise<SweepReport> {
    let claimed: Key[] = [];
    try {
      return await this.db.transaction(
        async (connection) => {
          claimed = await what.claim(connection, limit, dueFor);
          return what.reconcile(connection, this.plans, claimed);
        },
        { byIndex: true },
      );
    } catch (error) {
      if (claimed.length === 0) throw error;
      return this.sweepOneByOne(what, claimed);
    }
  }

  /** Finds the one that a sweep failed on; the others go on. */
  private async sweepOneByOne<Key>(what: Sweepable<Key>, keys: readonly Key[]): Promise<SweepReport> {
    const total = nothingSwept();
    for (const key of keys) {
      const name = what.nameOf(key);
      try {
        const one = this.db.transaction(
          async (connection) =>
            what.reconcile(connection, this.plans, await what.claimIfDue(connection, key), { again: true }),
          { byIndex: true },
        );
        addReport(total, await one);
        this.failedBefore.delete(name);
      } catch (error) {
        total.failed += 1;
        total.failure ??= error;
        if (!this.failedBefore.delete(name)) this.failedBefore.add(name);
        else await what.postpone(this.db, key, LOOK_AGAIN_AFTER);
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

async function claimDue(connection: Queryable, limit: number, dueFor: Milliseconds): Promise<JourneyKey[]> {
  // statement_timestamp() and not clock_timestamp(): the index serves only what stays the same through a statement.
  const { rows } = await connection.query<JourneyKey>(
    `SELECT migration, journey
       FROM (SELECT migration, id AS journey FROM journey WHERE due_at <= statement_timestamp() - $3::float8 * interval '1 millisecond' ORDER BY due_at LIMIT $2) AS due
      WHERE ${CLAIM} LIMIT $1`,
    [limit, limit * LOOKED_AT, dueFor],
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

async function postpone(connection: Queryable, { migration, journey }: JourneyKey, after: Milliseconds): Promise<void> {
  await connection.query(
    `UPDATE journey SET due_at = clock_timestamp() + $3::float8 * interval '1 millisecond' WHERE migration = $1 AND id = $2`,
    [migration, journey, after],
  );
}

const JOURNEYS: Sweepable<JourneyKey> = {
  claim: claimDue,
  ...{ claimIfDue, postpone, reconcile: reconcileJourneys },
  nameOf: ({ migration, journey }) => `${migration} ${journey}`,
};

const CORRELATIONS: Sweepable<CorrelationKey> = {
  claim: (connection, limit) => claimDueCorrelations(connection, limit),
  ...{ claimIfDue: claimCorrelationIfDue, postpone: postponeCorrelation, reconcile: reconcileCorrelations },
  nameOf,
};
