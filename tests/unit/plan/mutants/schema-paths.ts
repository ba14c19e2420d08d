import { z } from 'zod';
import { bare, isMapOfNames, optionFor, valueUnder } from '../../../../domain/plan/schema-walk';

/** Every path that a schema has: `[]` stands for a place in a list, `*` for a name that is free, `<2>` for the second form of a value. */
export function schemaPaths(schema: z.core.$ZodType): Set<string> {
  const paths = new Set<string>();
  const visit = (at: z.core.$ZodType, path: string): void => {
    for (const [step, inner] of partsOf(at)) {
      paths.add(path + step);
      visit(inner, path + step);
    }
  };
  visit(schema, '');
  return paths;
}

/** Those of a schema's paths that a value has. */
export function heldPaths(schema: z.core.$ZodType, value: unknown): Set<string> {
  const paths = new Set<string>();
  const visit = (at: z.core.$ZodType, found: unknown, path: string): void => {
    for (const [step, inner] of partsOf(at)) {
      for (const one of valuesAt(at, found, step, inner)) {
        paths.add(path + step);
        visit(inner, one, path + step);
      }
    }
  };
  visit(schema, value, '');
  return paths;
}

function partsOf(schema: z.core.$ZodType): [step: string, inner: z.core.$ZodType][] {
  const inner = bare(schema);
  if (inner instanceof z.ZodUnion) return inner.options.map((option, index) => [`<${String(index + 1)}>`, option]);
  if (inner instanceof z.ZodArray) return [['[]', inner.element]];
  if (inner instanceof z.ZodRecord) {
    return inner.keyType instanceof z.ZodEnum
      ? inner.keyType.options.map((name) => [`.${String(name)}`, inner.valueType])
      : [['.*', inner.valueType]];
  }
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape as Record<string, z.core.$ZodType>).map(([name, property]) => [
    `.${name}`,
    property,
  ]);
}

function valuesAt(schema: z.core.$ZodType, value: unknown, step: string, part: z.core.$ZodType): unknown[] {
  const inner = bare(schema);
  if (inner instanceof z.ZodUnion) return optionFor(inner, value) === part ? [value] : [];
  if (step === '[]') return Array.isArray(value) ? (value as unknown[]) : [];
  if (!isMapOfNames(value)) return [];
  if (step === '.*') return Object.values(value);
  const found = valueUnder(value, step.slice(1));
  return found === undefined ? [] : [found];
}
