import { z } from 'zod';
import type { PlanProblem } from '../../../../domain/plan/plan-problem';
import { planSchema } from '../../../../domain/plan/plan-schema';
import { bare, childOf, walk } from '../../../../domain/plan/schema-walk';
import { FULL_PLAN_JUDGED_AT } from '../../../fixtures/full-plan';
import { findingsOf } from '../plan-texts';
import { EXEMPTIONS, type Exemption } from './exemptions';
import type { Mutant } from './mutate';

export type Outcome =
  /** Found where the plan was changed. */
  | { kind: 'found'; finding: PlanProblem }
  /** Found where the plan now contradicts what was changed: a reference to a name that is gone. */
  | { kind: 'foundAtReference'; finding: PlanProblem }
  | { kind: 'exempt'; exemption: Exemption }
  | { kind: 'missed' };

/** Whether lint finds what was changed, and where. `document` is the plan before. */
export function judgeMutant(mutant: Mutant, document: unknown): Outcome {
  const findings = findingsOf(mutant.text, FULL_PLAN_JUDGED_AT);
  const { from, to } = mutant.lines;
  const here = findings.find(({ line }) => line >= from && line <= to);
  if (here !== undefined) return { kind: 'found', finding: here };
  const [elsewhere] = findings;
  if (elsewhere !== undefined && mutant.takesAway) {
    return { kind: 'foundAtReference', finding: elsewhere };
  }
  const exemption = EXEMPTIONS.find((one) => covers(one, mutant, document));
  return exemption === undefined ? { kind: 'missed' } : { kind: 'exempt', exemption };
}

function covers({ operator, of, paths }: Exemption, mutant: Mutant, document: unknown): boolean {
  if (operator !== mutant.operator) return false;
  if (paths !== undefined && !paths.some((path) => path.test(mutant.pattern))) return false;
  const { path } = mutant;
  switch (of) {
    case 'optional': {
      const last = path.at(-1);
      const around = walk(planSchema, document, path.slice(0, -1));
      if (typeof last !== 'string' || around.schema === undefined) return false;
      if (bare(around.schema) instanceof z.ZodRecord) return true;
      const schema = childOf(around.schema, around.value, last);
      return schema !== undefined && z.safeParse(schema, undefined).success;
    }
    case 'entry':
      return typeof path.at(-1) === 'number';
    case 'any':
      return true;
  }
}
