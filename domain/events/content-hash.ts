import { createHash } from 'node:crypto';

/** Plain JSON. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

/**
 * sha256, in hexadecimal, of what an event says. Only what was read counts, after reading: the same moment in another
 * offset, or another order of fields, is the same content.
 */
export function contentHash(content: Json): string {
  return createHash('sha256').update(canonical(content)).digest('hex');
}

/** JSON with its names sorted and what is undefined left out. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value as Record<string, Json | undefined>)
    .filter((member): member is [string, Json] => member[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
