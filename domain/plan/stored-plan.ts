import { z } from 'zod';
import { DomainError } from '../domain-error';
import { formatPath, type PlanPath } from './plan-problem';
import { planSchema, type Plan } from './plan-schema';
import { bare, isMapOfNames, optionFor } from './schema-walk';

/** A plan was stored by a release whose language said less than this one has to know. */
export class PlanOfOtherRelease extends DomainError {
  readonly code = 'plan-of-other-release';
  readonly status = 500;
  constructor(missing: PlanPath) {
    super(
      `The plan of this migration was stored by another release and lacks what this one needs (${formatPath(missing)}). ` +
        'Run the release that started the migration until it is over, or start it again from its plan.',
    );
  }
}

/**
 * A plan as it was stored, after defaults, with the defaults that the plan language has had since. A version of a plan is fixed, and outlives
 * the release that stored it.
 *
 * @throws PlanOfOtherRelease where something is missing that has no default
 */
export function readStoredPlan(document: unknown): Plan {
  return complete(planSchema, document, []) as Plan;
}

/** Values stay as they are: they were parsed before they were stored. */
function complete(schema: z.core.$ZodType, value: unknown, path: PlanPath): unknown {
  const inner = bare(schema);
  if (inner instanceof z.ZodUnion) {
    const option = optionFor(inner, value);
    return option === undefined ? value : complete(option, value, path);
  }
  if (inner instanceof z.ZodArray) {
    return Array.isArray(value) ? value.map((item, index) => complete(inner.element, item, [...path, index])) : value;
  }
  if (inner instanceof z.ZodRecord) {
    if (!isMapOfNames(value)) return value;
    const { valueType } = inner;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, complete(valueType, item, [...path, name])]),
    );
  }
  return inner instanceof z.ZodObject ? completeMap(inner, value, path) : value;
}

function completeMap(schema: z.ZodObject, value: unknown, path: PlanPath): unknown {
  if (!isMapOfNames(value)) throw new PlanOfOtherRelease(path);
  const completed = { ...value };
  for (const [name, property] of Object.entries<z.core.$ZodType>(schema.shape)) {
    const at = [...path, name];
    if (Object.hasOwn(value, name)) {
      completed[name] = complete(property, value[name], at);
      continue;
    }
    const left = z.safeParse(property, undefined);
    if (!left.success) throw new PlanOfOtherRelease(at);
    if (left.data !== undefined) completed[name] = left.data;
  }
  return completed;
}
