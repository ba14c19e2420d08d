import { listensTo } from '../domain/handoffs/handoff-rule';
import { compress } from '../domain/time/time-scale';
import type { Queryable } from './database';
import type { ReportedCase } from './exceptions';
import type { MigrationPlan } from './migration-plans';
import type { StoredEvent } from './stored-event';
import { isTicket, type PossibleTicket } from './tickets';

/** What an event does by the plan as it stands. */
export interface Disposition {
  event: StoredEvent;
  disposition: 'matched' | 'unlistened';
  /** The case that it is, if a queue opens one on it. */
  reported?: ReportedCase;
}

/** Of those of which a matcher has to say it. */
export function dispositionsOf(
  versions: ReadonlyMap<string, MigrationPlan>,
  events: readonly StoredEvent[],
): Disposition[] {
  const dispositions: Disposition[] = [];
  for (const event of events.filter(({ undecided }) => undecided)) {
    const of = versions.get(event.migration);
    const reported = of === undefined ? undefined : reportedBy(of, event);
    const isHeard = (plan: MigrationPlan): boolean =>
      isTicket(plan.plan.queues, event.type) || listensTo(plan.rules, event.type);
    const heard = reported !== undefined || (of !== undefined && isHeard(of));
    dispositions.push({ event, disposition: heard ? 'matched' : 'unlistened', reported });
  }
  return dispositions;
}

function reportedBy({ plan, planHash, timeScale }: MigrationPlan, event: StoredEvent): ReportedCase | undefined {
  const queue = plan.queues.find(({ opensOn }) => opensOn.includes(event.type));
  if (queue === undefined) return undefined;
  const { migration, journey, subject, source, id, type } = event;
  const sla = compress(queue.sla, timeScale);
  return { migration, planHash, journey, subject, source, id, type, queue: queue.id, owner: queue.owner, sla };
}

export function ticketsOf(
  versions: ReadonlyMap<string, MigrationPlan>,
  done: readonly Disposition[],
): PossibleTicket[] {
  return done.flatMap(({ event }) => {
    const { migration, journey, seq, type } = event;
    const of = versions.get(migration);
    if (of === undefined || !isTicket(of.plan.queues, type)) return [];
    return [{ migration, journey, seq, type, queues: of.plan.queues, timeScale: of.timeScale }];
  });
}

export async function writeDispositions(connection: Queryable, dispositions: readonly Disposition[]): Promise<void> {
  if (dispositions.length === 0) return;
  await connection.query(
    `WITH decided AS (
       UPDATE event e SET disposition = i.disposition
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS i (seq, disposition, migration, journey)
        WHERE e.migration = i.migration AND e.journey = i.journey AND e.seq = i.seq AND e.disposition IS NULL
        RETURNING e.migration, e.disposition
     )
     INSERT INTO event_tally AS t (migration, slot, stored, unlistened)
     SELECT d.migration, pg_backend_pid() % 64, 0, count(*) FROM decided d WHERE d.disposition = 'unlistened' GROUP BY d.migration
         ON CONFLICT (migration, slot) DO UPDATE SET unlistened = t.unlistened + EXCLUDED.unlistened`,
    [
      dispositions.map(({ event }) => event.seq),
      dispositions.map(({ disposition }) => disposition),
      dispositions.map(({ event }) => event.migration),
      dispositions.map(({ event }) => event.journey),
    ],
  );
}
