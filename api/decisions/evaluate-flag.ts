import { BUCKET_ALGORITHM } from '../../domain/sides/bucket';
import { cohortOf } from '../../domain/sides/cohort-of';
import type { DecisionReason } from '../../domain/sides/decide-side';
import type { Plan } from '../../domain/plan/plan-schema';
import type { Side } from '../../domain/sides/side';
import type { UnitKind } from '../../domain/sides/units';
import type { EarlierPhase, JourneyLink } from '../../store/earlier-units';
import type { PlacedUnit, UnitQuestion } from '../../store/place-units';
import { askedKey, type AskedKey } from './asked-key';
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
  synthetic: 'TARGETING_MATCH',
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

/** The answer to whoever asked for that flag, of a unit with that side. */
export function evaluationOf({ key, migration, phase }: PhaseFlag, placed: PlacedUnit): Evaluation {
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

/**
 * What a context asks of a phase: the unit, its cohort, and where its journey stands in the earlier phases; undefined where it names no
 * such unit.
 * @throws InvalidContext, KeyOutsideGrammar
 */
export function questionOf(
  { migration, phase }: PhaseFlag,
  context: EvaluationContext,
  asked = askedKey({ migration, phase }, context),
): UnitQuestion | undefined {
  if (asked === undefined) return undefined;
  const { unit } = asked;
  const cohort = cohortOf(phase.cohorts, migration.plan.attributes, context.attributes);
  const earlier = earlierPhases({ migration, phase }, context);
  if (earlier.length === 0) return { unit, cohort };
  return { unit, cohort, earlier, link: journeyLink(migration.plan.keys, context, asked, earlier) };
}

function journeyLink(
  keys: Plan['keys'],
  context: EvaluationContext,
  { kind, unit }: AskedKey,
  earlier: readonly EarlierPhase[],
): JourneyLink {
  const episode = unitKeyIn(context, 'episode', keys);
  const link: JourneyLink = episode === undefined ? { kind, unit } : { kind: 'episode', unit: episode };
  // Looked at only where it matters: whoever sends all keys of the journey is asked for no other one.
  const lacksVisitor = earlier.some(({ kind: of, unit: known }) => of === 'visitor' && known === undefined);
  const patient = lacksVisitor ? unitKeyIn(context, 'patient', keys) : undefined;
  return patient === undefined ? link : { ...link, patient };
}

/**
 * The plan's phases before this one, each with the key of its unit where the context has it. One in which a visitor may have a side, who is a patient
 * by now, stands there for both, what is known last: as the nearer one.
 */
function earlierPhases({ migration, phase }: Omit<PhaseFlag, 'key'>, context: EvaluationContext): EarlierPhase[] {
  const { phases, keys } = migration.plan;
  const at = phases.findIndex(({ id }) => id === phase.id);
  return phases.slice(0, Math.max(0, at)).flatMap(({ id, unit, anonymousUnit }) => {
    const of = (kind: UnitKind): EarlierPhase => ({ phase: id, kind, unit: unitKeyIn(context, kind, keys) });
    if (anonymousUnit === undefined) return [of(unit)];
    const both = [of(unit), of(anonymousUnit)];
    return [...both.filter((one) => one.unit === undefined), ...both.filter((one) => one.unit !== undefined)];
  });
}
