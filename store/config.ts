import { z } from 'zod';
import { readConfiguration } from '../platform/configuration';

const schema = z.object({
  /** `postgres://…`, of a role that may create tables. */
  DATABASE_URL: z
    .string({ error: "Set it to the database, as 'postgres://user@host:5432/name'." })
    .regex(/^postgres(ql)?:\/\//, "Write it as 'postgres://user@host:5432/name'."),
});

/** The schema job's configuration from its environment. @throws BadConfiguration with every problem at once */
export function readSchemaConfiguration(environment: Readonly<Record<string, string | undefined>> = process.env): {
  databaseUrl: string;
} {
  return { databaseUrl: readConfiguration('schema job', schema, environment).DATABASE_URL };
}
