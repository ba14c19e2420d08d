import { planHash } from '../../domain/plan/plan-hash';
import type { Plan } from '../../domain/plan/plan-schema';
import type { RunningEngine, RunningMigration } from '../workflows/running-engine';
import { small } from '../workflows/running-engine';
import { exceptionClockId } from '../../domain/migration/exception-clock';
import { reopenException, resolveException } from '../../store/exception-actions';
import { until } from '../setup/until';
import { dueIn, evidenceFor, markedToTheEnd, openCases, requestOn } from '../workflows/open-cases';

/** What each committed history tells, and the workflows it is kept of. */
export const STORIES = {
  happy: { tell: happy, keep: ['migration', 'phase'] },
  rollback: { tell: rollback, keep: ['phase'] },
  whole: { tell: whole, keep: ['migration', 'phase'] },
  versions: { tell: versions, keep: ['migration', 'phase'] },
  cancel: { tell: cancel, keep: ['migration', 'phase'] },
  case: { tell: oneCase, keep: ['clock'] },
} as const;
export type StoryName = keyof typeof STORIES;

async function happy(engine: RunningEngine): Promise<RunningMigration> {
  const migration = await started(engine);
  await until('the ramp to end', async () => {
    const run = await migration.run();
    if (run?.status === 'awaitingCommit') return true;
    if (run !== undefined && run.share > 0) await migration.outcomes('target', 5, 0);
    return undefined;
  });
  await migration.says('approve', 'one');
  await engine.client.workflow.getHandle(migration.id).result();
  return migration;
}

/** A pause, a rollback by a gate, a second attempt, a rollback by plain signal, and the end. */
async function rollback(engine: RunningEngine): Promise<RunningMigration> {
  const migration = await started(engine);
  await migration.says('pause', 'lead', { reason: 'a doubt' });
  await migration.says('resume', 'one');
  await migration.reaches('watching');
  await migration.outcomes('target', 0, 10);
  await migration.reaches('rolledBack');
  await migration.says('resume', 'one');
  await migration.approvedToStart();
  await migration.reaches('watching');
  await migration.signals('rollback', { actor: 'on-call' });
  await migration.reaches('rolledBack');
  await migration.says('abort', 'one');
  await engine.client.workflow.getHandle(migration.id).result();
  return migration;
}

/** A pause of the migration, a rollback of it by plain signal, and the end. */
async function whole(engine: RunningEngine): Promise<RunningMigration> {
  const migration = await started(engine);
  await migration.tells('pause', 'lead', { reason: 'a doubt' });
  await migration.tells('resume', 'one');
  await migration.says('resume', 'one');
  await migration.reaches('watching');
  await migration.signals('rollback', { actor: 'on-call' }, migration.id);
  await migration.reaches('rolledBack');
  await migration.tells('resume', 'one');
  await migration.says('abort', 'one');
  await engine.client.workflow.getHandle(migration.id).result();
  return migration;
}

/** A version that is refused, one that is taken over at the next step, one that voids a commit, and the end. */
async function versions(engine: RunningEngine): Promise<RunningMigration> {
  const migration = await started(engine);
  const first = planHash(migration.plan);
  const looser = await migration.version(soakedFor(0.5));
  await migration.plans('proposePlan', 'one', { planHash: looser, base: first }).catch(() => undefined);
  const [second, third] = [await migration.version(soakedFor(2)), await migration.version(soakedFor(3))];
  await migration.plans('proposePlan', 'one', { planHash: second, base: first });
  await migration.plans('approvePlan', 'two', { planHash: second });
  await until('the ramp to end', async () => {
    const run = await migration.run();
    if (run?.status === 'awaitingCommit') return true;
    if (run !== undefined && run.share > 0) await migration.outcomes('target', 5, 0);
    return undefined;
  });
  await migration.plans('proposePlan', 'one', { planHash: third, base: second });
  await migration.plans('approvePlan', 'two', { planHash: third });
  await until('the commit to be asked for anew', async () => {
    const run = await migration.run();
    return run?.status === 'awaitingCommit' && run.request?.planHash === third;
  });
  await migration.says('approve', 'one');
  await engine.client.workflow.getHandle(migration.id).result();
  return migration;
}

function soakedFor(times: number): (plan: Plan) => void {
  return (plan) => {
    for (const phase of plan.phases) phase.soak *= times;
  };
}

async function cancel(engine: RunningEngine): Promise<RunningMigration> {
  const migration = await started(engine);
  const handle = engine.client.workflow.getHandle(migration.id);
  await handle.cancel();
  await handle.result().catch(() => undefined);
  return migration;
}

/** A case that is escalated to the end, resolved, opened again and resolved: the last run of its clock. */
async function oneCase(engine: RunningEngine): Promise<RunningMigration> {
  const migration = await engine.migrate(dueIn(4));
  const [exception = ''] = await openCases(engine, migration, 1);
  const { db } = engine.database;
  const clock = engine.client.workflow.getHandle(exceptionClockId(migration.id, exception));
  const ended = (): Promise<boolean> => clock.describe().then(({ status }) => status.name === 'COMPLETED');
  await markedToTheEnd(engine, exception);
  await resolveException(db, requestOn(migration, exception), evidenceFor(migration));
  await until('its clock to end', ended);
  await reopenException(db, requestOn(migration, exception), 'It was not.');
  await markedToTheEnd(engine, exception, 1);
  await resolveException(db, requestOn(migration, exception), evidenceFor(migration));
  await until('its clock to end again', ended);
  return migration;
}

async function started(engine: RunningEngine): Promise<RunningMigration> {
  const migration = await engine.migrate(small);
  await migration.approvedToStart();
  await migration.reaches('watching');
  return migration;
}
