import type { Database, Queryable } from '../../../store/database';

/** A database seen by a process that dies once: at one of its statements, those inside of transactions among them, or as one commits, with nobody left to hear it. */
export class CutDatabase {
  private left = Number.POSITIVE_INFINITY;
  readonly db: Database;

  constructor(db: Database) {
    const ask = <Result>(of: () => Promise<Result>): Promise<Result> => this.step(of);
    const query: Database['query'] = (sql, values) => ask(() => db.query(sql, values));
    const transaction: Database['transaction'] = async (work) => {
      const result = await db.transaction((connection) => {
        const cut: Queryable = { query: (sql, values) => ask(() => connection.query(sql, values)) };
        return work(cut);
      });
      // It is committed, and the process dies before it hears of it.
      return this.step(() => Promise.resolve(result));
    };
    this.db = Object.assign(Object.create(db) as Database, { query, transaction });
  }

  diesAt(nth: number): void {
    this.left = nth;
  }

  /** It was started again. Gives whether it had died. */
  restarted(): boolean {
    const died = this.left <= 0;
    this.left = Number.POSITIVE_INFINITY;
    return died;
  }

  private async step<Result>(ask: () => Promise<Result>): Promise<Result> {
    this.left -= 1;
    if (this.left <= 0) throw new Error('The process died.');
    return ask();
  }
}
