import { Socket } from 'node:net';
import { Client } from 'pg';
import type { Milliseconds } from '../../domain/time/duration';

export interface SqlConnection {
  /** `postgres://…`. Never logged nor put into a message. */
  url: string;
  /** For one answer, from connecting on. */
  timeout: Milliseconds;
}

/** A column as it came: numbers of Postgres that JavaScript has no type for are text until it is known that they are numbers. */
export interface SqlColumn {
  name: string;
  type: 'number' | 'other';
}

export interface SqlRows {
  kind: 'rows';
  columns: SqlColumn[];
  rows: Record<string, unknown>[];
  /** The server's clock while it answered. */
  clock: Date;
}

/** Why there is no answer. `state` is Postgres' SQLSTATE, where it gave one. */
export interface SqlFailure {
  kind: 'failed';
  why: 'refused' | 'late' | 'away';
  state?: string;
}

/** smallint, integer, bigint, real, double precision, numeric. */
const NUMBERS = new Set([21, 23, 20, 700, 701, 1700]);

const LATE = Symbol('late');

/**
 * Runs one statement on a connection of its own, in a transaction that can write nothing, and ends both, whatever came of it: nothing that a statement
 * sets or locks outlives it. The extended protocol takes a single statement (which it is by having values), so that none can end the transaction before its own.
 */
export async function runReadOnly(
  { url, timeout }: SqlConnection,
  statement: { text: string; values: readonly [unknown, ...unknown[]] },
): Promise<SqlRows | SqlFailure> {
  const socket = new Socket();
  const client = new Client({
    ...{ connectionString: url, application_name: 'warm-handoff gate', connectionTimeoutMillis: timeout },
    stream: () => socket,
  });
  client.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, timeout, LATE);
  });
  try {
    const asked = ask(client, timeout, statement);
    asked.catch(() => undefined);
    const answered = await Promise.race([asked, late]);
    return answered === LATE ? { kind: 'failed', why: 'late' } : answered;
  } catch (error) {
    return failureOf(error);
  } finally {
    clearTimeout(timer);
    // Without waiting for a farewell, which a server that hangs never gives. Postgres rolls back what a lost connection was about.
    client.end().catch(() => undefined);
    setImmediate(() => socket.destroy());
  }
}

async function ask(
  client: Client,
  timeout: Milliseconds,
  { text, values }: { text: string; values: readonly unknown[] },
): Promise<SqlRows> {
  await client.connect();
  await client.query(
    `BEGIN READ ONLY; SET LOCAL statement_timeout = ${timeout}; SET LOCAL lock_timeout = ${timeout}; SET LOCAL idle_in_transaction_session_timeout = ${timeout}`,
  );
  const { rows: clocks } = await client.query<{ clock: Date }>('SELECT clock_timestamp() AS clock');
  const { rows, fields } = await client.query<Record<string, unknown>>(text, [...values]);
  const clock = clocks[0]?.clock;
  if (clock === undefined) throw new Error('SELECT clock_timestamp() gave no row.');
  return {
    kind: 'rows',
    columns: fields.map(({ name, dataTypeID }) => ({ name, type: NUMBERS.has(dataTypeID) ? 'number' : 'other' })),
    rows,
    clock,
  };
}

function failureOf(error: unknown): SqlFailure {
  const state = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof state !== 'string' || !/^[0-9A-Z]{5}$/.test(state)) return { kind: 'failed', why: 'away' };
  return { kind: 'failed', why: state === '57014' || state === '55P03' ? 'late' : 'refused', state };
}
