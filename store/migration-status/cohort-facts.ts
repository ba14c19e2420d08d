import type { CohortRun } from '../../domain/phase/cohort-run';
import type { CohortStanding, GateStanding, SplitStanding } from '../../domain/status/migration-status';
import { isOverridden } from '../../domain/gates/gate-override';
import type { Verdict } from '../../domain/gates/verdict';
import type { PlanGate } from '../../domain/plan/plan-schema';
import type { Queryable } from '../database';
import { readOverrides } from '../gate-overrides';

interface CohortKey {
  phase: string;
  cohort: string;
}

/** What Postgres knows of the (phase, cohort)s of a migration; `of` gives one of them, known or not. */
export class CohortFacts {
  private constructor(
    private readonly runs: ReadonlyMap<string, CohortRun>,
    private readonly splits: ReadonlyMap<string, SplitStanding>,
    private readonly gates: ReadonlyMap<string, GateStanding[]>,
    private readonly placements: ReadonlyMap<string, { legacy: number; target: number }>,
    private readonly overrides: Awaited<ReturnType<typeof readOverrides>>,
  ) {}

  static async read(connection: Queryable, migration: string): Promise<CohortFacts> {
    // One connection answers one query at a time: in a row, since this is one transaction.
    const splits = await readSplits(connection, migration);
    return new CohortFacts(
      await readRuns(connection, migration),
      new Map(splits.map(({ key, split }) => [nameOf(key), split])),
      await readGates(connection, migration),
      await readPlacements(connection, migration),
      await readOverrides(
        connection,
        splits.map(({ key, split: { epoch } }) => ({ migration, ...key, epoch })),
      ),
    );
  }

  /** @param gates those of its phase, as the plan has them */
  of(key: CohortKey, gates: readonly PlanGate[]): Omit<CohortStanding, 'ramp' | 'staysOnLegacy'> {
    const at = nameOf(key);
    return {
      cohort: key.cohort,
      run: this.runs.get(at) ?? null,
      split: this.splits.get(at) ?? null,
      gates: (this.gates.get(at) ?? []).map((standing) => this.withOverride(key, standing, gates)),
      placements: this.placements.get(at) ?? { legacy: 0, target: 0 },
    };
  }

  private withOverride(key: CohortKey, standing: GateStanding, gates: readonly PlanGate[]): GateStanding {
    const { gate, epoch, verdict } = standing;
    const found = this.overrides.find((one) => nameOf(one) === nameOf(key) && one.gate === gate && one.epoch === epoch);
    const severity = gates.find(({ id }) => id === gate)?.severity;
    if (found === undefined || severity === undefined || !isOverridden(found, verdict, severity)) return standing;
    const { askedBy, confirmedBy, reason } = found;
    return { ...standing, override: { askedBy, confirmedBy, reason } };
  }
}

function nameOf({ phase, cohort }: CohortKey): string {
  return `${phase}/${cohort}`;
}

async function readRuns(connection: Queryable, migration: string): Promise<Map<string, CohortRun>> {
  const { rows } = await connection.query<CohortKey & { run: CohortRun }>(
    `SELECT phase, cohort, run FROM cohort_run WHERE migration = $1`,
    [migration],
  );
  return new Map(rows.map((row) => [nameOf(row), row.run]));
}

async function readSplits(
  connection: Queryable,
  migration: string,
): Promise<{ key: CohortKey; split: SplitStanding }[]> {
  const { rows } = await connection.query<CohortKey & Omit<SplitStanding, 'leaseUntil'> & { leaseUntil: Date | null }>(
    `SELECT phase, cohort, share, per_day AS "perDay", epoch::float8 AS epoch, mode, lease_until AS "leaseUntil",
            COALESCE(lease_until < clock_timestamp(), false) AS lapsed
       FROM split WHERE migration = $1`,
    [migration],
  );
  return rows.map(({ phase, cohort, leaseUntil, ...split }) => ({
    key: { phase, cohort },
    split: { ...split, leaseUntil: leaseUntil?.toISOString() ?? null },
  }));
}

/** The newest finding of each gate. */
async function readGates(connection: Queryable, migration: string): Promise<Map<string, GateStanding[]>> {
  const { rows } = await connection.query<
    CohortKey & {
      gate: string;
      verdict: Verdict;
      evidence: { message?: string };
      epoch: number;
      since: Date;
      evaluatedAt: Date;
    }
  >(
    `SELECT DISTINCT ON (phase, cohort, gate)
            phase, cohort, gate, verdict, evidence, epoch::float8 AS epoch, since, evaluated_at AS "evaluatedAt"
       FROM gate_evidence WHERE migration = $1 ORDER BY phase, cohort, gate, epoch DESC`,
    [migration],
  );
  const gates = new Map<string, GateStanding[]>();
  for (const { phase, cohort, evidence, since, evaluatedAt, ...finding } of rows) {
    const at = nameOf({ phase, cohort });
    const standing = {
      ...finding,
      message: evidence.message ?? '',
      since: since.toISOString(),
      evaluatedAt: evaluatedAt.toISOString(),
      evidence,
    };
    gates.set(at, [...(gates.get(at) ?? []), standing]);
  }
  return gates;
}

async function readPlacements(
  connection: Queryable,
  migration: string,
): Promise<Map<string, { legacy: number; target: number }>> {
  const { rows } = await connection.query<CohortKey & { legacy: number; target: number }>(
    `SELECT phase, COALESCE(cohort, '') AS cohort,
            (count(*) FILTER (WHERE side = 'legacy'))::int AS legacy,
            (count(*) FILTER (WHERE side = 'target'))::int AS target
       FROM placement WHERE migration = $1 GROUP BY phase, COALESCE(cohort, '')`,
    [migration],
  );
  return new Map(rows.map(({ phase, cohort, ...sides }) => [nameOf({ phase, cohort }), sides]));
}
