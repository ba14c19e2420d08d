import { WHOLE } from '../../domain/phase/phase-rules';
import type { Plan, PlanPhase } from '../../domain/plan/plan-schema';
import { countInFlight } from '../../domain/rollback/count-in-flight';
import { cohortMoves, type CohortArrivals, type SplitSize, type WhoMoves } from '../../domain/sides/who-moves';
import { parseDuration } from '../../domain/time/duration';
import { compress } from '../../domain/time/time-scale';
import { readArrivals, recentlyPlaced } from '../../store/arrivals';
import type { Queryable } from '../../store/database';
import type { MigrationRecord } from '../../store/migration-records';
import { countPlacements } from '../../store/placements';
import { splitsOf } from '../../store/splits';
import { PlanNotStored, PlanReader } from '../plan-reader';
import { planFromFacts } from '../rollback/rollback-facts';
import type { ObservedSplit } from './traffic-router';

const DAY = parseDuration('1d') ?? 0;
/** How far back arrivals are counted, of the plan's time: two weeks, so that each day of the week counts alike. */
const WINDOW = 14 * DAY;
/** Units of a cohort that a hash alone is asked of. */
const RECENT = 2_000;

/**
 * What a change of a phase's splits to `to` would do: how many a day arrive and would go to target, who is on which side and stays there, and
 * who is in the middle of a journey. From what is written down alone; nothing is changed.
 * @param of `cohort`: this one alone; every cohort of the phase unless given
 */
export async function findWhoMoves(
  db: Queryable,
  migration: MigrationRecord,
  of: { phase: string; cohort?: string | undefined; to: SplitSize },
): Promise<WhoMoves> {
  const { id, timeScale } = migration;
  const plan = await new PlanReader(db).plan(migration.planHash);
  const phase = plan.phases.find((one) => one.id === of.phase);
  if (phase === undefined) throw new PlanNotStored();
  const arrivals = await readArrivals(db, { migration: id, phase: phase.id, window: compress(WINDOW, timeScale) });
  const splits = await splitsOf(db, id);
  const placed = (await countPlacements(db, id)).filter((row) => row.phase === phase.id);
  const days = ((arrivals.to.getTime() - arrivals.from.getTime()) * timeScale) / DAY;
  const cohorts: WhoMoves['cohorts'] = [];
  for (const { id: cohort, staysOnLegacy } of phase.cohorts) {
    if (of.cohort !== undefined && of.cohort !== cohort) continue;
    const split = splits.find((one) => one.phase === phase.id && one.cohort === cohort);
    const { legacy, target } = placed.find((row) => row.cohort === cohort) ?? { legacy: 0, target: 0 };
    const key = { migration: id, phase: phase.id, cohort };
    cohorts.push(
      cohortMoves(
        {
          ...{ cohort, staysOnLegacy: staysOnLegacy !== undefined, split, legacy, target },
          arrived: arrivals.byCohort.get(cohort) ?? 0,
          heldBackBy: heldBackBy(plan, phase, cohort, splits),
          recent: await recentlyPlaced(db, { ...key, salt: migration.salt, limit: RECENT }),
          ...(await peopleInFlight(db, plan, key, split)),
        },
        of.to,
        days,
      ),
    );
  }
  return {
    ...{ migration: id, phase: phase.id, unit: phase.unit, to: of.to },
    window: { from: arrivals.from.toISOString(), to: arrivals.to.toISOString(), days },
    cohorts,
    noCohort: arrivals.byCohort.get(null) ?? 0,
  };
}

/** As they are, and as the planner of a rollback of the cohort would have them (I12). */
async function peopleInFlight(
  db: Queryable,
  plan: Plan,
  key: { migration: string; phase: string; cohort: string },
  split: ObservedSplit | undefined,
): Promise<Pick<CohortArrivals, 'inFlight' | 'ifRolledBack'>> {
  const of = { ...key, scope: 'cohort' as const, from: split?.share ?? 0, to: 0 };
  const { actions, inFlight } = await planFromFacts(db, plan, of);
  return {
    inFlight: countInFlight(inFlight, []),
    ifRolledBack: countInFlight(
      inFlight,
      actions.map((action) => ({ action })),
    ),
  };
}

/** I14: whoever is on legacy in the phase before is not taken here. A cohort has one id in all phases. */
function heldBackBy(
  { phases }: Plan,
  { id }: PlanPhase,
  cohort: string,
  splits: readonly ObservedSplit[],
): CohortArrivals['heldBackBy'] {
  const before = phases.slice(
    0,
    phases.findIndex((one) => one.id === id),
  );
  for (const { id: phase } of [...before].reverse()) {
    const split = splits.find((one) => one.phase === phase && one.cohort === cohort);
    if (split === undefined) continue;
    const whole = split.mode === 'committed' || (split.share === WHOLE && split.perDay === null);
    return whole ? null : { phase, share: split.share };
  }
  return null;
}
