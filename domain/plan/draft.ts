import { z } from 'zod';
import { bare, isMapOfNames, optionFor, valueUnder } from './schema-walk';

/** A value of which any part may be undefined: what was written there could not be read. Lists keep their indexes. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? (Draft<Item> | undefined)[]
  : T extends object
    ? { [Name in keyof T]?: Draft<T[Name]> }
    : T;

/**
 * What can be understood of a value: all of it where it fits its schema, else each part that does, so that the rules can speak of the
 * good parts in the same answer as the schema speaks of the bad ones. A default stands where nothing was written, never for what
 * could not be read: that is a property of its own with the value undefined, while what was not written is no property at all.
 */
export function draftOf<T extends z.core.$ZodType>(schema: T, value: unknown): Draft<z.output<T>> | undefined {
  return understand(schema, value) as Draft<z.output<T>> | undefined;
}

function understand(schema: z.core.$ZodType, value: unknown): unknown {
  const whole = z.safeParse(schema, value);
  if (whole.success) return whole.data;
  const inner = bare(schema);
  if (inner instanceof z.ZodUnion) {
    const option = optionFor(inner, value);
    return option === undefined ? undefined : understand(option, value);
  }
  if (inner instanceof z.ZodArray) {
    // Of a list that is too long nothing is understood: rules compare entries with each other.
    const tooLong = whole.error.issues.some(({ code, path }) => code === 'too_big' && path.length === 0);
    return Array.isArray(value) && !tooLong ? value.map((item) => understand(inner.element, item)) : undefined;
  }
  if (!isMapOfNames(value)) return undefined;
  if (inner instanceof z.ZodObject) {
    const properties = Object.entries(inner.shape as Record<string, z.core.$ZodType>)
      .map(([name, property]) => [name, understand(property, valueUnder(value, name))] as const)
      .filter(([name, property]) => property !== undefined || Object.hasOwn(value, name));
    return Object.fromEntries(properties);
  }
  if (inner instanceof z.ZodRecord) {
    const { valueType } = inner;
    return Object.fromEntries(Object.entries(value).map(([name, property]) => [name, understand(valueType, property)]));
  }
  return undefined;
}
