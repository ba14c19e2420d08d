import { z } from 'zod';
import { exactDuration } from '../time/exact-duration';
import { BUCKETS } from './schema/values';
import { childOf, isMapOfNames, optionFor } from './schema-walk';

/**
 * A value of a plan, after defaults, as it would be written: `1d`, `25%`. The reverse of reading it, for every field that the schema has:
 * what is written here is read as the same value again.
 */
export function writtenValue(schema: z.core.$ZodType | undefined, value: unknown): unknown {
  if (typeof value === 'number') return writtenNumber(schema && readAs(schema, value), value);
  if (Array.isArray(value)) return value.map((item: unknown, index) => writtenValue(child(schema, value, index), item));
  if (!isMapOfNames(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => [name, writtenValue(child(schema, value, name), inner)]),
  );
}

/** A number that was written as text: the one text of it that this field reads as the same number. */
function writtenNumber(schema: z.core.$ZodType | undefined, value: number): unknown {
  if (schema === undefined || z.safeParse(schema, value).success) return value;
  const texts = [exactDuration(value), percentage(value), percentage(Math.round(value * BUCKETS))];
  return texts.find((text) => z.safeParse(schema, text).data === value) ?? value;
}

/** What a value is read by; of several ways of writing it, the one that it was meant for. */
function readAs(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return readAs(schema.unwrap(), value);
  if (!(schema instanceof z.ZodUnion)) return schema;
  const option = optionFor(schema, value);
  return option === undefined ? schema : readAs(option, value);
}

function child(schema: z.core.$ZodType | undefined, value: unknown, step: string | number) {
  return schema && childOf(schema, value, step);
}

function percentage(buckets: number): string {
  return `${buckets / (BUCKETS / 100)}%`;
}
