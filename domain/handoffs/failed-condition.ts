import type { HandoffCondition } from '../plan/plan-schema';

/** The coded fields of an event, as far as they are known. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

interface Coded {
  type: string;
  data?: Fields;
}

/**
 * R50: the first condition that an end of a handoff does not meet, by its id; undefined where it meets all. A field that is not there
 * meets none.
 */
export function failedCondition(must: readonly HandoffCondition[], start: Coded, end: Coded): string | undefined {
  return must.find((condition) => isAbout(condition, end) && !isMet(condition, start, end))?.id;
}

function isAbout(condition: HandoffCondition, { type }: Coded): boolean {
  return condition.end === undefined || condition.end === type;
}

function isMet(condition: HandoffCondition, start: Coded, end: Coded): boolean {
  const value = fieldOf(end, condition.field);
  if (value === undefined) return false;
  if ('oneOf' in condition) return condition.oneOf.includes(value);
  return value === fieldOf(start, condition.equalsStart);
}

/** As text: fields that are compared are of one kind. */
export function fieldOf({ data = {} }: Coded, field: string): string | undefined {
  const value = Object.hasOwn(data, field) ? data[field] : undefined;
  return value === undefined ? undefined : String(value);
}
