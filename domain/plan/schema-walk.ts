import { z } from 'zod';
import { closestName } from './closest-name';
import type { PlanPath } from './plan-problem';

/** Whether a value is a map of names: what the plan's reader makes of one. */
export function isMapOfNames(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema inside what makes it optional, gives its default or transforms it. */
export function bare(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return bare(schema.unwrap());
  if (schema instanceof z.ZodPipe) return bare(schema.in);
  return schema;
}

/**
 * Which of a union's options a value was meant for: the one its discriminator says, else one of its kind (text, list, map) that knows
 * most of its names, else the first. Undefined where a discriminator says none of them.
 */
export function optionFor(union: z.ZodUnion, value: unknown): z.core.$ZodType | undefined {
  const options = union.options;
  if (union instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = union.def;
    const said = isMapOfNames(value) ? value[discriminator] : undefined;
    return options.find((option) => {
      const inner = bare(option);
      const literal =
        inner instanceof z.ZodObject ? (inner.shape as Record<string, z.core.$ZodType>)[discriminator] : undefined;
      return literal !== undefined && z.safeParse(literal, said).success;
    });
  }
  const strangeness = options.map((option) => strangenessTo(bare(option), value));
  return options[strangeness.indexOf(Math.min(...strangeness))];
}

/** How little of a value an option knows: its unknown names, mistyped ones by half, or infinity where it is of another kind. */
function strangenessTo(option: z.core.$ZodType, value: unknown): number {
  if (option instanceof z.ZodObject) {
    if (!isMapOfNames(value)) return Infinity;
    const known = Object.keys(option.shape);
    const unknown = Object.keys(value).filter((name) => !known.includes(name));
    const mistyped = unknown.slice(0, 20).filter((name) => closestName(name, known) !== undefined);
    return unknown.length - mistyped.length / 2;
  }
  if (option instanceof z.ZodArray) return Array.isArray(value) ? 0 : Infinity;
  if (typeof value === 'object') return Infinity;
  if (option instanceof z.ZodNumber) return typeof value === 'number' ? 0 : 1;
  if (option instanceof z.ZodBoolean) return typeof value === 'boolean' ? 0 : 1;
  return typeof value === 'string' ? 0 : 0.5;
}

/** The schema of what stands under a name or index of a value; undefined where the schema knows none. */
export function childOf(schema: z.core.$ZodType, value: unknown, step: string | number): z.core.$ZodType | undefined {
  const inner = bare(schema);
  if (inner instanceof z.ZodUnion) {
    const option = optionFor(inner, value);
    return option === undefined ? undefined : childOf(option, value, step);
  }
  if (inner instanceof z.ZodArray) return inner.element;
  if (inner instanceof z.ZodRecord) return inner.valueType;
  if (inner instanceof z.ZodObject) {
    return typeof step === 'string' && Object.hasOwn(inner.shape, step)
      ? (inner.shape as Record<string, z.core.$ZodType>)[step]
      : undefined;
  }
  return undefined;
}

/** The value under a name or index; undefined where there is none. */
export function valueUnder(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === 'number' ? (value as unknown[])[step] : undefined;
  return isMapOfNames(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

/** Schema and value at the end of a path. */
export function walk(
  schema: z.core.$ZodType,
  value: unknown,
  path: PlanPath,
): { schema?: z.core.$ZodType; value: unknown } {
  let at: { schema?: z.core.$ZodType; value: unknown } = { schema, value };
  for (const step of path) {
    at = { schema: at.schema && childOf(at.schema, at.value, step), value: valueUnder(at.value, step) };
  }
  return at;
}

/** The names that a map of this schema may have; undefined where it is not a map of declared names. */
export function namesOf(schema: z.core.$ZodType | undefined, value: unknown): string[] | undefined {
  if (schema === undefined) return undefined;
  const inner = bare(schema);
  if (inner instanceof z.ZodUnion) return namesOf(optionFor(inner, value), value);
  if (inner instanceof z.ZodRecord && inner.keyType instanceof z.ZodEnum) return inner.keyType.options.map(String);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : undefined;
}

/** The names that a map of this schema may have in one option or another. */
export function everyNameOf(schema: z.core.$ZodType | undefined): string[] {
  const inner = schema && bare(schema);
  return inner instanceof z.ZodUnion
    ? inner.options.flatMap((option) => everyNameOf(option))
    : (namesOf(inner, {}) ?? []);
}
