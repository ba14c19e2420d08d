import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { Database } from '../../store/database';

/** Has the schema applied and no rows but the schema's own; each test's database is a copy of it. */
export const TEMPLATE_DATABASE = 'handoff_template';

/** How long a test waits for one of many connections, where the machine is busy. */
export const PATIENCE = 60_000;

export interface TestDatabase {
  url: string;
  db: Database;
  /** Closes `db` and removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** A database of the test's own with the schema applied, in some 50 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdministrator(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`);
  const url = new URL(administratorUrl());
  url.pathname = `/${name}`;
  const db = Database.connect({ url: url.href, applicationName: 'test', patience: PATIENCE });
  return {
    url: url.href,
    db,
    drop: async () => {
      await db.close();
      await asAdministrator(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** The address of the run's Temporal server. */
export function testTemporalAddress(): string {
  return fromSetup('HANDOFF_TEST_TEMPORAL_ADDRESS');
}

function administratorUrl(): string {
  return fromSetup('HANDOFF_TEST_DATABASE_URL');
}

function fromSetup(variable: string): string {
  const value = process.env[variable];
  if (value === undefined)
    throw new Error(`${variable} is not set: run this through jest, whose global setup starts the servers.`);
  return value;
}

async function asAdministrator(sql: string): Promise<void> {
  const client = new Client({ connectionString: administratorUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
