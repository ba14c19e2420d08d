import { z } from 'zod';
import { planSchema } from './plan-schema';

/**
 * JSON Schema (draft-07: what editors understand) of a plan as written, for completion and first checks while typing. What fields say
 * of each other is loadPlan's to judge.
 */
export function planJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(planSchema, { io: 'input', target: 'draft-07' });
}
