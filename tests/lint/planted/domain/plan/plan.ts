import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';

const schema = z.strictObject({ migration: z.string() });

export type Plan = z.output<typeof schema>;

export function readPlan(text: string): Plan & { hash: string; at: Date } {
  const plan = schema.parse(parse(text));
  return { ...plan, hash: createHash('sha256').update(text).digest('hex'), at: new Date('2024-01-01T00:00:00Z') };
}
