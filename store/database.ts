import { createHash } from 'node:crypto';
import { types } from 'node:util';
import { Pool, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg';
import { arrayLiteral } from './array-literal';
import type { Milliseconds } from '../domain/time/duration';

/** What a query can be sent to: the pool, or the connection of a transaction under way. */
export interface Queryable {
  query<Row extends QueryResultRow>(
    sql: string,
    values?: readonly unknown[],
    how?: HowToQuery,
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}

interface HowToQuery {
  /** Parsed and planned once a connection: for a statement of a busy path. The text must be the same each time. */
  prepared?: boolean;
  /** How long its answer is waited for, where Postgres lets the statement run for longer than others. */
  patience?: Milliseconds;
}

export const PREPARED: HowToQuery = { prepared: true };

export interface DatabaseOptions {
  /** `postgres://…`, as DATABASE_URL gives it. */
  url: string;
  /** Connections of this process at most. */
  connections?: number;
  /** Shown by Postgres beside each connection. */
  applicationName: string;
  /** How long a connection, and then an answer, is waited for. Unless given, a connection 5 s, and an answer for a little longer than Postgres lets a statement run. */
  patience?: Milliseconds;
  /** Has each statement with values parsed and planned once a connection: for few texts, asked over and over. While a connection lives their columns must keep their types, as a schema that only expands has it. */
  preparesAll?: boolean;
  /** Told of errors on idle connections, which the pool mends by itself. */
  onIdleError?: (error: Error) => void;
}

/** A statement ends within this, by the server; where the way to it is gone, no answer comes, and the connection is given up a little later. */
const STATEMENT_LIMIT: Milliseconds = 10_000;
const ANSWER_LATE_BY: Milliseconds = 2_000;

/** How long sessions that were told to end are waited for. */
const FAREWELL: Milliseconds = 2_000;

const BEGIN_BY_INDEX =
  'BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off';

/** Errors of statements that no connection was found for. */
const neverSent = new WeakSet<Error>();

/** Whether Postgres may have carried out what failed with this error: false only where it surely was not sent. Of `queryPrepared` alone. */
export function mayHaveBeenSent(error: unknown): boolean {
  return !(types.isNativeError(error) && neverSent.has(error));
}

export class Database implements Queryable {
  /** Of prepared statements, by their texts. */
  private readonly names = new Map<string, string>();
  /** Connections whose session Postgres has not ended yet. */
  private readonly sessions = new Set<PoolClient>();

  private constructor(
    private readonly pool: Pool,
    private readonly preparesAll: boolean,
  ) {
    pool.on('connect', (client) => this.sessions.add(client));
    pool.on('remove', (client) => this.sessions.delete(client));
  }

  static connect(options: DatabaseOptions): Database {
    const pool = new Pool({
      connectionString: options.url,
      max: options.connections ?? 10,
      application_name: options.applicationName,
      connectionTimeoutMillis: options.patience ?? 5_000,
      // Without it a statement whose connection leads nowhere any more would wait for as long as TCP tries again: a quarter of an hour.
      query_timeout: options.patience ?? STATEMENT_LIMIT + ANSWER_LATE_BY,
      // A transaction must end well before any lease does (shared row locks hold a rollback up).
      statement_timeout: STATEMENT_LIMIT,
      idle_in_transaction_session_timeout: 10_000,
    });
    // Without a listener an error on an idle connection would end the process.
    pool.on('error', (error) => options.onIdleError?.(error));
    return new Database(pool, options.preparesAll ?? false);
  }

  async query<Row extends QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
    how?: HowToQuery,
  ): Promise<{ rows: Row[]; rowCount: number | null }> {
    return this.pool.query<Row>(this.statement(sql, values, how));
  }

  /** The same for a statement of a busy path: parsed and planned once a connection. The name stands for this one text. */
  async queryPrepared<Row extends QueryResultRow>(
    name: string,
    sql: string,
    values: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }> {
    const client = await this.pool.connect().catch((error: unknown) => {
      if (types.isNativeError(error)) neverSent.add(error);
      throw error;
    });
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      const sent = values.map((value) => (Array.isArray(value) ? (arrayLiteral(value) ?? value) : value));
      return await client.query<Row>({ name, text: sql, values: sent });
    } catch (error) {
      broken ??= types.isNativeError(error) ? error : new Error('A query failed');
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. With `byIndex` rows are found by indexes alone: for statements
   * about some hundred keys, for which the planner would rather read all of a table that is not large yet.
   */
  async transaction<Result>(
    work: (connection: Queryable) => Promise<Result>,
    { byIndex = false }: { byIndex?: boolean } = {},
  ): Promise<Result> {
    const client: PoolClient = await this.pool.connect();
    let broken: Error | undefined;
    // The pool listens only while a connection is idle. Without this, one that dies between two queries would end the process.
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      await client.query(byIndex ? BEGIN_BY_INDEX : 'BEGIN');
      const result = await work({
        query: async (sql, values = [], how) => client.query(this.statement(sql, values, how)),
      });
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

  /** Ends every connection once its work is done. Postgres has ended their sessions then, so that it may be stopped without cutting one off. */
  async close(): Promise<void> {
    await this.pool.end();
    if (this.sessions.size === 0) return;
    // The pool forgets a connection as soon as it has said goodbye. A server that is away never answers that: it is not waited for long.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FAREWELL);
      this.pool.on('remove', () => {
        if (this.sessions.size > 0) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private statement(text: string, values: readonly unknown[], how?: HowToQuery): QueryConfig {
    const sent = values.map((value) => (Array.isArray(value) ? (arrayLiteral(value) ?? value) : value));
    const query = { text, values: sent, ...(how?.patience !== undefined && { query_timeout: how.patience }) };
    if (!(this.preparesAll || how?.prepared === true) || values.length === 0) return query;
    let name = this.names.get(text);
    if (name === undefined) this.names.set(text, (name = createHash('sha256').update(text).digest('base64url')));
    return { ...query, name };
  }
}
