import type { Milliseconds } from '../../../domain/time/duration';
import type { Database } from '../../../store/database';

/** Column by column, what a migration's facts say of when. */
const MOMENTS: Record<string, string[]> = {
  event: ['time', 'matched_at', 'received_at'],
  handoff_occurrence: [
    ...['started_at', 'deadline_at', 'ended_at', 'finalized_at', 'recovered_at', 'paused_since', 'matures_at'],
  ],
  journey: ['first_at', 'last_at', 'due_at', 'received_from'],
  correlation: ['due_at'],
  wrong_side_event: ['time', 'found_at'],
  placement: ['placed_at', 'moved_at'],
  split_change: ['changed_at'],
  ticket: ['at', 'judge_at'],
  exception: ['opened_at', 'due_at', 'recovered_at', 'resolved_at'],
};

/**
 * Makes everything of a migration that much older: to the database's clock, which no test can turn, it is as if the time had passed.
 * No sweeper may be running.
 */
export async function letTimePass(db: Database, migration: string, time: Milliseconds): Promise<void> {
  await db.transaction(async (connection) => {
    for (const [table, columns] of Object.entries(MOMENTS)) {
      const older = columns.map((column) => `${column} = ${column} - $2 * interval '1 millisecond'`).join(', ');
      await connection.query(`UPDATE ${table} SET ${older} WHERE migration = $1`, [migration, time]);
    }
  });
}
