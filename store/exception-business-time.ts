import { businessDue, businessWarning, type BusinessSla } from '../domain/queues/business-sla';
import type { ClockFacts } from '../domain/queues/sla-clock';
import type { Queryable } from './database';

/** A case whose clock is looked at, under its lock. */
export interface BusinessCase extends ClockFacts {
  /** How often it was opened again. */
  opening: number;
  /** The last step that its clock has done in this opening; -1: none. */
  done: number;
}

/**
 * Of a case whose SLA is one in business time: when it is due and when its owner is warned. The first look of each opening sets when it is due; until
 * then it is due when 'sla' is over. It is due no later than what was merged into it. A case that was merged and parted again is due when it was.
 */
export async function goByBusinessTime(
  connection: Queryable,
  exception: string,
  found: BusinessCase,
  sla: BusinessSla,
): Promise<ClockFacts> {
  const { startedAt, parted } = await beginningOf(connection, exception, found);
  const due = found.done < 0 && !parted ? businessDue(sla, startedAt) : undefined;
  const dueAt = due === undefined ? found.dueAt : await setDue(connection, exception, due);
  return { ...found, dueAt, warnAt: businessWarning(sla, startedAt, dueAt) };
}

/** When the time of a case began that runs, and whether it is one that was merged before. */
async function beginningOf(
  connection: Queryable,
  exception: string,
  { opening, openedAt }: BusinessCase,
): Promise<{ startedAt: Date; parted: boolean }> {
  if (opening === 0) return { startedAt: openedAt, parted: false };
  const { rows } = await connection.query<{ at: Date; ended: string }>(
    `SELECT r.at, (SELECT e.action FROM exception_action e
                    WHERE e.exception = r.exception AND e.id < r.id AND e.changed AND e.action IN ('resolved', 'accepted', 'merged')
                    ORDER BY e.id DESC LIMIT 1) AS ended
       FROM exception_action r WHERE r.exception = $1 AND r.action = 'reopened' AND r.changed ORDER BY r.id DESC LIMIT 1`,
    [exception],
  );
  const [last] = rows;
  if (last === undefined) return { startedAt: openedAt, parted: false };
  return last.ended === 'merged' ? { startedAt: openedAt, parted: true } : { startedAt: last.at, parted: false };
}

async function setDue(connection: Queryable, exception: string, due: Date): Promise<Date> {
  const { rows } = await connection.query<{ dueAt: Date }>(
    `SELECT least($2::timestamptz, (SELECT min(m.due_at) FROM exception m WHERE m.merged_into = $1)) AS "dueAt"`,
    [exception, due],
  );
  const dueAt = rows[0]?.dueAt ?? due;
  await connection.query('UPDATE exception SET due_at = $2 WHERE id = $1 AND due_at <> $2', [exception, dueAt]);
  return dueAt;
}
