import { z } from 'zod';
import { BUILT_IN_QUEUES } from '../journey-kinds/built-in-queues';
import { planSchema } from './plan-schema';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * JSON Schema (draft-07: what editors understand) of a plan as written, for completion and first checks while typing. What a kind of
 * phase or a built-in queue brings along may be left out. What fields say of each other is loadPlan's to judge.
 */
export function planJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(planSchema, { io: 'input', target: 'draft-07' });
  mayLeaveOut(schema, ['handoffs', 'events']);
  const phase = itemOf(schema, 'phases');
  const custom = { properties: { kind: { const: 'custom' } }, required: ['kind'] };
  Object.assign(phase, { if: custom, then: { required: mayLeaveOut(phase, ['unit', 'gates']) } });
  const queue = itemOf(schema, 'queues');
  const builtIn = { properties: { id: { enum: Object.keys(BUILT_IN_QUEUES) } }, required: ['id'] };
  Object.assign(queue, { if: builtIn, else: { required: mayLeaveOut(queue, ['sla', 'path']) } });
  return schema;
}

/** Gives the names that were required and are no more. */
function mayLeaveOut(schema: JsonSchema, names: readonly string[]): string[] {
  const required = schema.required ?? [];
  schema.required = required.filter((name) => !names.includes(name));
  return required.filter((name) => names.includes(name));
}

function itemOf(schema: JsonSchema, section: string): JsonSchema {
  const list = schema.properties?.[section];
  if (typeof list !== 'object' || typeof list.items !== 'object' || Array.isArray(list.items)) {
    throw new TypeError(`The plan's schema has no list of ${section}.`);
  }
  return list.items;
}
