import type { UnitKind } from '../../domain/sides/units';
import { unitKeyIn, type EvaluationContext } from './evaluation-context';
import type { PhaseFlag } from './find-flag';

/** By which key a phase is asked. */
export interface AskedKey {
  /** What it is a key of: the phase's unit, or a visitor where those have a side until they are known to be a patient. */
  kind: UnitKind;
  unit: string;
  /** The visitor who the patient was, where both were sent: they are one person. */
  visitor?: string;
}

/** By which key the context asks the phase; undefined where it names no unit of it. @throws KeyOutsideGrammar */
export function askedKey(
  { migration, phase }: Pick<PhaseFlag, 'migration' | 'phase'>,
  context: EvaluationContext,
): AskedKey | undefined {
  const { keys } = migration.plan;
  const unit = unitKeyIn(context, phase.unit, keys);
  const { anonymousUnit } = phase;
  if (anonymousUnit === undefined) return unit === undefined ? undefined : { kind: phase.unit, unit };
  const visitor = unitKeyIn(context, anonymousUnit, keys);
  if (unit !== undefined) return { kind: phase.unit, unit, ...(visitor !== undefined && { visitor }) };
  return visitor === undefined ? undefined : { kind: anonymousUnit, unit: visitor };
}
