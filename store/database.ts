import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import type { Milliseconds } from '../domain/time/duration';

/** What a query can be sent to: the pool, or the connection of a transaction under way. */
export interface Queryable {
  query<Row extends QueryResultRow>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}

export interface DatabaseOptions {
  /** `postgres://…`, as DATABASE_URL gives it. */
  url: string;
  /** Connections of this process at most. */
  connections?: number;
  /** Shown by Postgres beside each connection. */
  applicationName: string;
  /** How long a connection, and then an answer, is waited for. Unless given, a connection 5 s, and an answer for as long as Postgres lets a statement run. */
  patience?: Milliseconds;
  /** Told of errors on idle connections, which the pool mends by itself. */
  onIdleError?: (error: Error) => void;
}

export class Database implements Queryable {
  private constructor(private readonly pool: Pool) {}

  static connect(options: DatabaseOptions): Database {
    const pool = new Pool({
      connectionString: options.url,
      max: options.connections ?? 10,
      application_name: options.applicationName,
      connectionTimeoutMillis: options.patience ?? 5_000,
      ...(options.patience !== undefined && { query_timeout: options.patience }),
      // A transaction must end well before any lease does (shared row locks hold a rollback up).
      statement_timeout: 10_000,
      idle_in_transaction_session_timeout: 10_000,
    });
    // Without a listener an error on an idle connection would end the process.
    pool.on('error', (error) => options.onIdleError?.(error));
    return new Database(pool);
  }

  async query<Row extends QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<{ rows: Row[]; rowCount: number | null }> {
    return this.pool.query<Row>(sql, [...values]);
  }

  /** The same for a statement of a busy path: parsed and planned once a connection. The name stands for this one text. */
  async queryPrepared<Row extends QueryResultRow>(
    name: string,
    sql: string,
    values: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }> {
    return this.pool.query<Row>({ name, text: sql, values: [...values] });
  }

  /** Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. */
  async transaction<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result> {
    const client: PoolClient = await this.pool.connect();
    let broken: Error | undefined;
    // The pool listens only while a connection is idle. Without this, one that dies between two queries would end the process.
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: unknown) => {
        broken ??= rollbackError instanceof Error ? rollbackError : new Error('ROLLBACK failed');
      });
      throw error;
    } finally {
      client.off('error', onError);
      // A connection that died or could not roll back is thrown away, not handed to the next.
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
