import type { Plan } from '../../domain/plan/plan-schema';
import type { resolveException } from '../../store/exception-actions';
import type { ExceptionMark } from '../../domain/status/exception-page';
import { readMarks } from '../../store/exception-clocks';
import { until } from '../setup/until';
import { small, type RunningEngine, type RunningMigration } from './running-engine';

const DAY = 86_400_000;
/** Of a RunningEngine: a day of the plan in a quarter of a second. */
export const TIME_SCALE = 345_600;
export const QUEUE = 'payment-not-routed';

/** A queue whose cases are due in so many days, and others told one and two days later. */
export function dueIn(days: number): (plan: Plan) => void {
  return (plan) => {
    small(plan);
    const queue = plan.queues.find(({ id }) => id === QUEUE);
    if (queue === undefined) throw new Error('The fixture plan has no such queue.');
    queue.sla = days * DAY;
    queue.escalation = [
      { team: 'support-leads', after: DAY },
      { team: 'clinical-leads', after: 2 * DAY },
    ];
  };
}

/** Opens cases as a sweeper does; gives their numbers. */
export async function openCases(engine: RunningEngine, migration: RunningMigration, count: number): Promise<string[]> {
  const sla = migration.plan.queues.find(({ id }) => id === QUEUE)?.sla ?? 0;
  const { rows } = await engine.database.db.query<{ id: string }>(
    `INSERT INTO exception (migration, cause, queue, handoff, phase, journey, subject, owner, due_at)
     SELECT $1, 'handoff:' || gen_random_uuid(), $2, 'payment-to-provider-routing', 'payment', 'epi_x', 'pat_x', 'care-coordination',
            clock_timestamp() + $4::float8 * interval '1 millisecond' FROM generate_series(1, $3::int) RETURNING id`,
    [migration.id, QUEUE, count, sla / TIME_SCALE],
  );
  return rows.map(({ id }) => id);
}

/** What its clock did since it was opened for that many times again, once there is nothing left to do. */
export async function markedToTheEnd(engine: RunningEngine, exception: string, opening = 0): Promise<ExceptionMark[]> {
  return until(`case ${exception} to be escalated to the end`, async () => {
    const done = (await readMarks(engine.database.db, exception)).filter((mark) => mark.opening === opening);
    return done.at(-1)?.team === 'clinical-leads' && done;
  });
}

/** What is asked of a case of the queue. */
export function requestOn(migration: RunningMigration, exception: string): Parameters<typeof resolveException>[1] {
  const { id, plan } = migration;
  const record = { id, planHash: 'of-the-test', timeScale: TIME_SCALE };
  return { migration: record, queues: plan.queues, exception, actor: 'coordinator' };
}

/** For each step of the queue's path. */
export function evidenceFor(migration: RunningMigration): Parameters<typeof resolveException>[2] {
  const path = migration.plan.queues.find(({ id }) => id === QUEUE)?.path ?? [];
  return path.map((_, index) => ({ step: index + 1, reference: `ticket-${index}` }));
}
