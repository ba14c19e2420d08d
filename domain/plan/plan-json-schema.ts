import { z } from 'zod';
import { OTHER_VENDOR } from '../hooks/vendors';
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
  const gate = itemOf(phase, 'gates');
  Object.assign(gate, { if: { required: ['builtIn'] }, else: { required: mayLeaveOut(gate, OF_A_GATE) } });
  const queue = itemOf(schema, 'queues');
  const builtIn = { properties: { id: { enum: Object.keys(BUILT_IN_QUEUES) } }, required: ['id'] };
  Object.assign(queue, { if: builtIn, else: { required: mayLeaveOut(queue, ['sla', 'path']) } });
  const hook = itemOf(schema, 'hooks');
  const other = { properties: { vendor: { const: OTHER_VENDOR } }, required: ['vendor'] };
  Object.assign(hook, { if: other, then: { required: [...mayLeaveOut(hook, ['events']), 'signature', 'payload'] } });
  return schema;
}

/** What a gate that is built in may leave out. */
const OF_A_GATE = ['id', 'handoff', 'severity', 'rule'];

/**
 * What editors check while somebody types: a whole plan, or, where it extends a template, any part of one. What is missing then may come
 * from the template, so nothing is asked for but names, kinds of values and choices.
 */
export function editorJsonSchema(): JsonSchema {
  const { $schema, description, ...whole } = planJsonSchema();
  const part = asPart(whole) as JsonSchema;
  const properties = {
    extends: { type: 'string' as const, description: 'The template that this plan changes, such as telehealth.' },
    without: {
      type: 'array' as const,
      items: { type: 'string' as const },
      description: "Parts of the template that this plan leaves out, such as 'phases/payment/calendar'.",
    },
  };
  return {
    ...($schema !== undefined && { $schema }),
    ...(description !== undefined && { description }),
    type: 'object',
    if: { required: ['extends'] },
    then: { ...part, properties: { ...properties, ...part.properties } },
    else: whole,
  };
}

/** Of a schema, what may be asked of a part. */
function asPart(schema: unknown, inProperties = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => asPart(item));
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(
    ([name, value]) => inProperties || !(OF_A_WHOLE.includes(name) || (name === 'oneOf' && asksForNames(value))),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, asPart(value, !inProperties && name === 'properties')]));
}

/** What a schema says of something as a whole. */
const OF_A_WHOLE: readonly string[] = ['required', 'minItems', 'if', 'then', 'else', 'default'];

function asksForNames(options: unknown): boolean {
  return Array.isArray(options) && options.every((option) => Object.keys(option as object).join() === 'required');
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
