import type { z } from 'zod';

/** The environment does not hold what a process needs. Lists everything at once, names variables and never their values. */
export class BadConfiguration extends Error {
  constructor(
    process: string,
    readonly problems: readonly string[],
  ) {
    super(
      `The ${process} cannot start with this environment:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'BadConfiguration';
  }
}

/**
 * Reads a process's configuration once. An empty variable counts as absent.
 * @throws BadConfiguration with every problem
 */
export function readConfiguration<Schema extends z.ZodType>(
  process: string,
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  throw new BadConfiguration(
    process,
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'environment'}: ${issue.message}`),
  );
}
