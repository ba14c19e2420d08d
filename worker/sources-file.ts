import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Milliseconds } from '../domain/time/duration';
import { BadConfiguration } from '../platform/configuration';

/** A connection that gates' figures come by, with what it names in the environment. */
export type SourceConnection = {
  /** As plans call it. */
  name: string;
} & (
  | { kind: 'prometheus' | 'http'; url: string; token?: string; timeout: Milliseconds }
  | { kind: 'sql'; url: string; timeout: Milliseconds }
  /** The stacks that synthetic patients go through. How long an answer may take is the plan's to say. */
  | { kind: 'synthetic'; target: StackAddress; legacy?: StackAddress }
);

export interface StackAddress {
  url: string;
  token?: string;
}

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'Write lower-case letters, digits and hyphens, starting with a letter.');
const variable = z
  .string({ error: 'Name a variable of the environment.' })
  .regex(/^[A-Z][A-Z0-9_]{0,126}$/, 'Name a variable of the environment, in capitals.');
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'Write a whole http or https address.' })
  .refine((url) => !/^https?:\/\/[^/?#]*@/i.test(url), 'Leave user and password out: name a token under tokenFrom.');
const timeout = z
  .int({ error: 'Write whole milliseconds from 100 to 10000.' })
  .min(100, 'Write whole milliseconds from 100 to 10000.')
  .max(10_000, 'Write whole milliseconds from 100 to 10000.')
  .default(5_000);

const stack = z.strictObject({ url: httpUrl, tokenFrom: variable.optional() });
const overHttp = { name, url: httpUrl, tokenFrom: variable.optional(), timeout };

const schema = z.strictObject({
  sources: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('prometheus'), ...overHttp }),
        z.strictObject({ kind: z.literal('http'), ...overHttp }),
        z.strictObject({ kind: z.literal('sql'), name, urlFrom: variable, timeout }),
        z.strictObject({ kind: z.literal('synthetic'), name, target: stack, legacy: stack.optional() }),
      ]),
    )
    .min(1)
    .max(200)
    .superRefine((sources, context) => {
      const seen = new Set<string>();
      for (const [index, source] of sources.entries()) {
        if (seen.has(source.name)) {
          context.addIssue({ code: 'custom', path: [index, 'name'], message: 'Another source has this name.' });
        }
        seen.add(source.name);
      }
    }),
});

const postgresUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'Set it to postgres://, with the user and password of a role that can only read.',
});
const token = z
  .string({ error: 'Set it to the token.' })
  .regex(/^[\x21-\x7e]{1,4096}$/, 'Set it to the token, without blanks and line breaks.');

/**
 * The connections that plans name. @throws BadConfiguration with every problem, none of which echoes the file or a value of the
 * environment
 */
export function readSourcesFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): SourceConnection[] {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new BadConfiguration('worker', [`HANDOFF_SOURCES_FILE: The file ${why}.`]);
  }
  const parsed = schema.safeParse(read);
  if (!parsed.success) {
    throw new BadConfiguration(
      'worker',
      parsed.error.issues.map(
        (issue) => `HANDOFF_SOURCES_FILE, ${issue.path.join('.') || 'the whole'}: ${issue.message}`,
      ),
    );
  }
  const problems: string[] = [];
  const from = (named: string, shape: z.ZodType<string>): string => {
    const value = shape.safeParse(environment[named]);
    if (value.success) return value.data;
    problems.push(`${named}: ${value.error.issues[0]?.message ?? 'Set it.'}`);
    return '';
  };
  const withToken = ({ url, tokenFrom }: { url: string; tokenFrom?: string | undefined }): StackAddress => ({
    url,
    ...(tokenFrom !== undefined && { token: from(tokenFrom, token) }),
  });
  const connections = parsed.data.sources.map((source): SourceConnection => {
    const { name: called } = source;
    switch (source.kind) {
      case 'sql':
        return { name: called, kind: 'sql', url: from(source.urlFrom, postgresUrl), timeout: source.timeout };
      case 'prometheus':
      case 'http':
        return { name: called, kind: source.kind, ...withToken(source), timeout: source.timeout };
      case 'synthetic':
        return {
          ...{ name: called, kind: 'synthetic', target: withToken(source.target) },
          ...(source.legacy !== undefined && { legacy: withToken(source.legacy) }),
        };
    }
  });
  if (problems.length > 0) throw new BadConfiguration('worker', [...new Set(problems)]);
  return connections;
}
