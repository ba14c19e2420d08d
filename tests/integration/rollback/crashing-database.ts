import type { Database } from '../../../store/database';

/** When a process dies: before what it asks of the database is done, or after, with nobody left to hear the answer. */
export type Moment = 'before' | 'after';

/** A database seen by a process that dies once, at one of its statements or transactions. */
export class CrashingDatabase {
  private left = Number.POSITIVE_INFINITY;
  private moment: Moment = 'before';
  readonly db: Database;

  constructor(db: Database) {
    const query: Database['query'] = (sql, values) => this.step(() => db.query(sql, values));
    const transaction: Database['transaction'] = (work) => this.step(() => db.transaction(work));
    this.db = Object.assign(Object.create(db) as Database, { query, transaction });
  }

  /** It dies at the nth thing that it asks from now on. */
  diesAt(nth: number, moment: Moment): void {
    this.left = nth;
    this.moment = moment;
  }

  /** It was started again. Gives whether it had died. */
  restarted(): boolean {
    const died = this.left <= 0;
    this.left = Number.POSITIVE_INFINITY;
    return died;
  }

  private async step<Result>(ask: () => Promise<Result>): Promise<Result> {
    this.left -= 1;
    const dies = this.left <= 0;
    if (dies && (this.left < 0 || this.moment === 'before')) throw new Error('The process died.');
    const result = await ask();
    if (dies) throw new Error('The process died.');
    return result;
  }
}
