import { Client } from 'pg';

/** The clock of a database, which a test turns. */
export interface TurnedClock {
  /** @param at milliseconds since 1970 */
  turnTo(at: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Gives a database a clock of its own: what asks Postgres for the time in it, the product's statements too, is told this one's. So the
 * log's years pass as they did, whenever the test runs. Counts for connections that are made afterwards.
 */
export async function turnClockOf(url: string): Promise<TurnedClock> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
  await client.query(
    `CREATE SCHEMA turned;
     CREATE TABLE turned.clock (at timestamptz NOT NULL);
     INSERT INTO turned.clock VALUES ('1970-01-01');
     CREATE FUNCTION turned.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM turned.clock';
     CREATE FUNCTION turned.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM turned.clock';`,
  );
  // Named first, it comes before the clock that Postgres has.
  await client.query(
    `ALTER DATABASE ${client.escapeIdentifier(rows[0]?.name ?? '')} SET search_path = turned, pg_catalog, public`,
  );
  return {
    turnTo: async (at) => {
      await client.query('UPDATE turned.clock SET at = $1', [new Date(at).toISOString()]);
    },
    close: () => client.end(),
  };
}
