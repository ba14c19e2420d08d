import { Client } from 'pg';
import { batchOf } from './event-stream';
import { MIGRATION } from './seeded-plan';

interface SentEvent {
  id: string;
  source: string;
  type: string;
  subject: string;
  journey: string;
  time: string;
  data: object;
}

const COLUMNS = 9;
/** Rows that are there at once: as one text a million of them are longer than a string may be. */
const ROWS_AT_ONCE = 64_000;

/** A table with the columns of an event and its key, filled by nothing but a multi-row INSERT, one transaction a batch, on two connections. */
export class PlainInsert {
  private constructor(
    private readonly clients: readonly Client[],
    private readonly batch: number,
  ) {}

  static async open(url: string, batch: number): Promise<PlainInsert> {
    const clients = [new Client({ connectionString: url }), new Client({ connectionString: url })];
    for (const client of clients) await client.connect();
    await clients[0]?.query(
      `CREATE TABLE plain_insert (
         migration text NOT NULL, source text NOT NULL, id text NOT NULL, type text NOT NULL, journey text NOT NULL, subject text NOT NULL,
         units jsonb NOT NULL, time timestamptz NOT NULL, data jsonb NOT NULL, PRIMARY KEY (migration, source, id)
       )`,
    );
    return new PlainInsert(clients, batch);
  }

  /** @returns rows a second, of the time that they took to insert */
  async run(first: number, count: number): Promise<number> {
    let took = 0;
    for (let from = first; from < first + count; from += ROWS_AT_ONCE) {
      const some = Math.min(ROWS_AT_ONCE, first + count - from);
      took += await this.insertAll(JSON.parse(batchOf(from, some, new Date().toISOString())) as SentEvent[]);
    }
    return (1_000 * count) / took;
  }

  /** @returns how long it took, in milliseconds */
  private async insertAll(rows: readonly SentEvent[]): Promise<number> {
    let next = 0;
    const began = performance.now();
    await Promise.all(
      this.clients.map(async (client) => {
        while (next < rows.length) {
          const from = next;
          next += this.batch;
          await this.insert(client, rows.slice(from, next));
        }
      }),
    );
    return performance.now() - began;
  }

  private async insert(client: Client, rows: readonly SentEvent[]): Promise<void> {
    const places = rows.map(
      (_, row) => `(${Array.from({ length: COLUMNS }, (__, n) => `$${row * COLUMNS + n + 1}`).join(',')})`,
    );
    await client.query({
      name: `plain-${rows.length}`,
      text: `INSERT INTO plain_insert VALUES ${places.join(',')}`,
      values: rows.flatMap(({ source, id, type, journey, subject, time, data }) => [
        ...[MIGRATION, source, id, type, journey, subject, JSON.stringify({ episode: journey, patient: subject })],
        ...[time, JSON.stringify(data)],
      ]),
    });
  }

  async close(): Promise<void> {
    for (const client of this.clients) await client.end();
  }
}
