import { Client } from 'pg';

/** What Postgres must be started with for the statements' times to be there. */
export const STATEMENT_SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'all',
  'pg_stat_statements.max': '1000',
};

/** The statements of a database that took most of Postgres' time. */
export async function statementTimes(url: string, events: number): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    const { rows } = await client.query<{ query: string; total: number; plan: number; calls: number; rows: number }>(
      `SELECT query, total_exec_time AS total, total_plan_time AS plan, calls::float8 AS calls, rows::float8 AS rows FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY total_exec_time DESC LIMIT 24`,
    );
    return rows.map(
      ({ query, total, plan, calls, rows: got }) =>
        `  ${((1_000 * total) / events).toFixed(1).padStart(7)} µs an event (planning ${((1_000 * plan) / events).toFixed(1)}), ${calls} calls of ${(total / calls).toFixed(2)} ms, ${got} rows: ${query.replaceAll(/\s+/g, ' ').slice(0, 110)}`,
    );
  } finally {
    await client.end();
  }
}
