import { BUCKET_ALGORITHM } from '../../domain/sides/bucket';
import { cohortOf } from '../../domain/sides/cohort-of';
import type { DecisionReason } from '../../domain/sides/decide-side';
import type { Side } from '../../domain/sides/side';
import type { Database } from '../../store/database';
import type { EarlierPhase } from '../../store/earlier-units';
import { placeUnits } from '../../store/place-units';
import { unitKeyIn, type EvaluationContext } from './evaluation-context';
import type { PhaseFlag } from './find-flag';

/** OFREP's answer to one evaluation. */
export interface Evaluation {
  key: string;
  value: Side;
  variant: Side;
  reason: OfrepReason;
  metadata: {
    migration: string;
    phase: string;
    /** Left out where no cohort takes the unit. */
    cohort?: string;
    /** The split's epoch that the unit was placed under; 0 where there was no split. */
    epoch: number;
    /** Version of the bucket's rule. */
    algorithm: number;
    /** The reason in this product's words, from a closed list: more exact than OFREP's. */
    why: DecisionReason;
    /** Its journey waits for a person since a rollback: show the page that says so, and take no step. Left out where it does not wait. */
    paused?: true;
  };
}

type OfrepReason = 'STATIC' | 'TARGETING_MATCH' | 'SPLIT' | 'DEFAULT' | 'STALE';

/**
 * OFREP's word for each reason: `TARGETING_MATCH`, this very unit has a side; `STATIC`, everyone has the same; `SPLIT`, its bucket and
 * the split decided; `DEFAULT`, no split had a say, or none that is looked after.
 */
const OFREP_REASONS: Record<DecisionReason, OfrepReason> = {
  placedBefore: 'TARGETING_MATCH',
  override: 'TARGETING_MATCH',
  noCohort: 'DEFAULT',
  notOpened: 'DEFAULT',
  committed: 'STATIC',
  outsideShare: 'SPLIT',
  returning: 'DEFAULT',
  unattended: 'DEFAULT',
  previousPhase: 'DEFAULT',
  dayFull: 'SPLIT',
  openFull: 'SPLIT',
  inShare: 'SPLIT',
  limbo: 'DEFAULT',
  stale: 'STALE',
  outOfReach: 'DEFAULT',
};

/**
 * The side of the context's unit in a phase, written down before it is answered; undefined where the context names no such unit. Every
 * answer comes from Postgres: an answer from memory is a right that a process must hold, and none does yet.
 * @throws InvalidContext, KeyOutsideGrammar, SideUndetermined, or the database's own error
 */
export async function evaluateFlag(
  db: Database,
  { key, migration, phase }: PhaseFlag,
  context: EvaluationContext,
): Promise<Evaluation | undefined> {
  const unit = unitKeyIn(context, phase.unit, migration.plan.keys);
  if (unit === undefined) return undefined;
  const episode = unitKeyIn(context, 'episode', migration.plan.keys);
  const [placed] = await placeUnits(db, { migration: migration.id, phase: phase.id, laterPhases: true }, [
    {
      unit,
      cohort: cohortOf(phase.cohorts, migration.plan.attributes, context.attributes),
      earlier: earlierPhases({ migration, phase }, context),
      link: episode === undefined ? { kind: phase.unit, unit } : { kind: 'episode', unit: episode },
    },
  ]);
  if (placed === undefined) throw new Error('A unit was asked for, and nothing was answered.');
  if (placed instanceof Error) throw placed;
  return {
    key,
    value: placed.side,
    variant: placed.side,
    reason: OFREP_REASONS[placed.reason],
    metadata: {
      migration: migration.id,
      phase: phase.id,
      ...(placed.cohort !== null && { cohort: placed.cohort }),
      epoch: placed.epoch,
      algorithm: BUCKET_ALGORITHM,
      why: placed.reason,
      ...(placed.paused === true && { paused: true }),
    },
  };
}

/** The plan's phases before this one, each with the key of its unit where the context has it. */
function earlierPhases({ migration, phase }: Omit<PhaseFlag, 'key'>, context: EvaluationContext): EarlierPhase[] {
  const { phases, keys } = migration.plan;
  const at = phases.findIndex(({ id }) => id === phase.id);
  return phases
    .slice(0, Math.max(0, at))
    .map(({ id, unit: kind }) => ({ phase: id, kind, unit: unitKeyIn(context, kind, keys) }));
}
