import { once } from 'node:events';
import { Client, type Connection, type Submittable } from 'pg';

/** What `pg` has for COPY and its types leave out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * COPY … FROM STDIN, in the calls that `pg` makes of whatever it was given to send.
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
class CopyIn implements Submittable {
  readonly done: Promise<void>;
  private resolve: () => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(
    private readonly sql: string,
    private readonly rows: Iterable<string>,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: Connection): void {
    connection.query(this.sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.send(connection).catch(this.reject);
  }

  handleCommandComplete(): void {
    // The end is told by handleReadyForQuery.
  }

  handleReadyForQuery(): void {
    this.resolve();
  }

  handleError(error: Error): void {
    this.reject(error);
  }

  private async send(connection: CopyConnection): Promise<void> {
    for (const rows of this.rows) {
      connection.sendCopyFromChunk(Buffer.from(rows));
      if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
    }
    connection.endCopyFrom();
  }
}

/**
 * Copies rows into a table, and leaves it as one that has been there for long: with statistics, and with all of it written to disk.
 * @param rows text format, a chunk of whole lines at a time
 */
export async function copyIn(url: string, table: string, columns: string, rows: Iterable<string>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(new CopyIn(`COPY ${table} (${columns}) FROM STDIN`, rows)).done;
    await client.query(`VACUUM (ANALYZE) ${table}`);
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}
