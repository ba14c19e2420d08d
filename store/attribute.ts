import {
  attributionOf,
  type Attribution,
  type AttributedTimes,
  type PhaseSplits,
  type SplitMoment,
} from '../domain/handoffs/attribution';
import { PREPARED, type Queryable } from './database';
import { UnitsInPhases } from './units-in-phases';
import { findPlacements, type FoundPlacement } from './wrong-side-events';

export interface AttributionQuery extends AttributedTimes {
  migration: string;
  phase: string;
  /** undefined: no event of the journey names the unit. */
  unit: string | undefined;
  /** In a phase where visitors have a side until they are known to be a patient: who the patient was. Their side counts first, where they have one. */
  visitor?: string | undefined;
  /** Whose placement says which side must end it, */
  endPhase: string;
  /** by this unit of the journey, */
  endUnit: string | undefined;
  /** or by that visitor. */
  endVisitor?: string | undefined;
}

/** A query with the places of its units among those of which the placements are found. */
export interface PlacedQuery {
  query: AttributionQuery;
  start: number;
  end: number;
}

/**
 * Which sides, cohort and epoch each counts for: by the placement of each unit, under whichever of its person's keys (`attributionOf`). In the
 * order of the queries.
 */
export async function attribute(connection: Queryable, queries: readonly AttributionQuery[]): Promise<Attribution[]> {
  const units = new UnitsInPhases();
  const placed = queries.map((query) => placesOf(query, units));
  return attributePlaced(connection, placed, await findPlacements(connection, units.all));
}

/** Notes whose placements a query needs. */
export function placesOf(query: AttributionQuery, units: UnitsInPhases): PlacedQuery {
  const { migration, phase, unit, visitor, endPhase, endUnit, endVisitor } = query;
  const start = units.numberOf({ migration, phase, unit, visitor });
  const isOne = phase === endPhase && unit === endUnit && visitor === endVisitor;
  const end = isOne ? start : units.numberOf({ migration, phase: endPhase, unit: endUnit, visitor: endVisitor });
  return { query, start, end };
}

/** The same, with placements that were found. @param placements read before, in the order of `UnitsInPhases` */
export async function attributePlaced(
  connection: Queryable,
  queries: readonly PlacedQuery[],
  placements: readonly (FoundPlacement | null)[],
): Promise<Attribution[]> {
  const splits = await readSplits(connection, queries);
  return queries.map(({ query, start, end }) =>
    attributionOf(
      query,
      { placement: placements[start] ?? null, splits: splits(query.migration, query.phase) },
      { placement: placements[end] ?? null, splits: splits(query.migration, query.endPhase) },
    ),
  );
}

/** The splits' changes of the phases that queries are of. A plan has some hundred at most: one for each step of each cohort. */
async function readSplits(
  connection: Queryable,
  queries: readonly PlacedQuery[],
): Promise<(migration: string, phase: string) => PhaseSplits> {
  const phases = new Map<string, { migration: string; phase: string }>();
  for (const { query } of queries) {
    const { migration } = query;
    for (const phase of [query.phase, query.endPhase]) phases.set(nameOf(migration, phase), { migration, phase });
  }
  const byPhase = new Map<string, Map<string, SplitMoment[]>>();
  if (phases.size > 0) {
    const { rows } = await connection.query<SplitMoment & { migration: string; phase: string; cohort: string }>(
      `SELECT s.migration, s.phase, s.cohort, s.epoch, s.mode = 'committed' AS committed,
              (extract(epoch FROM s.changed_at) * 1000)::float8 AS "changedAt"
         FROM unnest($1::text[], $2::text[]) AS i (migration, phase)
         JOIN split_change s ON s.migration = i.migration AND s.phase = i.phase
        ORDER BY s.changed_at, s.epoch`,
      [[...phases.values()].map(({ migration }) => migration), [...phases.values()].map(({ phase }) => phase)],
      PREPARED,
    );
    for (const { migration, phase, cohort, ...moment } of rows) {
      const name = nameOf(migration, phase);
      const cohorts = byPhase.get(name) ?? new Map<string, SplitMoment[]>();
      byPhase.set(name, cohorts);
      const moments = cohorts.get(cohort);
      if (moments === undefined) cohorts.set(cohort, [moment]);
      else moments.push(moment);
    }
  }
  const none: PhaseSplits = new Map();
  return (migration, phase) => byPhase.get(nameOf(migration, phase)) ?? none;
}

function nameOf(migration: string, phase: string): string {
  return `${migration} ${phase}`;
}
