import { plannedTime } from '../../domain/calendar/planned-time';
import { planHash as hashOfPlan } from '../../domain/plan/plan-hash';
import type { Plan } from '../../domain/plan/plan-schema';
import { getMigration } from '../../store/migration-records';
import { until } from '../setup/until';
import { RunningEngine, small, type RunningMigration } from '../workflows/running-engine';

const DAY = 86_400_000;

let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
});

afterAll(async () => {
  await engine.stop();
});

/** A calendar that is always open, but for days from one instant of the plan's own time on. */
function closedFor(plan: Plan, from: Date, days: number): void {
  const date = (after: number): string => new Date(from.getTime() + after * DAY).toISOString().slice(0, 10);
  const all = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
  plan.calendars = [
    {
      id: 'release-hours',
      timeZone: 'UTC',
      open: [{ id: 'all-day', days: [...all], from: '00:00', to: '24:00' }],
      closed: [{ id: 'freeze', from: date(0), to: date(days - 1) }],
    },
  ];
  plan.advance = { calendar: 'release-hours', rollback: 'always' };
}

async function shiftedAt(migration: RunningMigration): Promise<Date | undefined> {
  const { rows } = await engine.database.db.query<{ at: Date }>(
    `SELECT min(changed_at) AS at FROM split_change WHERE migration = $1 AND share > 0`,
    [migration.id],
  );
  return rows[0]?.at;
}

async function plannedNow({ id }: RunningMigration): Promise<Date> {
  const clock = await getMigration(engine.database.db, id);
  if (clock === undefined) throw new Error('There is no such migration.');
  return plannedTime(clock, new Date());
}

describe("R48 a calendar, read by the migration's own time", () => {
  it('lets nobody through on a go before it opens, and everybody then', async () => {
    // A day of the plan is a quarter of a second: eighty of them are long enough to give a go in, and to look at what came of it.
    const migration = await engine.migrate((plan) => {
      small(plan);
      closedFor(plan, new Date(), 80);
    });
    await migration.approvedToStart();
    const { opensAt, share } = await migration.reaches('awaitingOpening');
    expect(share).toBe(0);
    const opens = opensAt ?? (await until('the wait to be told', async () => (await migration.run())?.opensAt));
    await until('it to open', () => Date.now() > Date.parse(opens), 60_000);
    await migration.reaches('watching');
    const first = await shiftedAt(migration);
    expect(first?.getTime()).toBeGreaterThanOrEqual(Date.parse(opens));
    expect(await migration.audited('opening.awaited')).toHaveLength(1);
  }, 120_000);

  it('commits all of a phase or nothing of it, when it opens, by the calendar of the version in force', async () => {
    const cohorts = ['pilot', 'others'];
    const migration = await engine.migrate((plan) => {
      small(plan);
      const [phase] = plan.phases;
      if (phase !== undefined) phase.cohorts = cohorts.map((id) => ({ id, when: {} }));
    });
    for (const cohort of cohorts) await migration.reaches('awaitingGoNoGo', cohort);
    for (const actor of ['one', 'two']) await migration.says('approve', actor);
    const waitForCommits = (): Promise<true> =>
      until('both to wait for their commits', async () => {
        const runs = await Promise.all(cohorts.map((cohort) => migration.run(cohort)));
        if (runs.every((run) => run?.status === 'awaitingCommit' && run.request !== undefined)) return true;
        for (const run of runs) {
          if ((run?.share ?? 0) > 0) await migration.outcomes('target', 5, 0, run?.cohort);
        }
        return undefined;
      });
    await waitForCommits();
    const from = await plannedNow(migration);
    const planHash = await migration.version((plan) => {
      closedFor(plan, from, 80);
    });
    await migration.plans('proposePlan', 'one', { planHash, base: hashOfPlan(migration.plan) });
    await migration.plans('approvePlan', 'two', { planHash });
    await until('both to go by it', async () => {
      const runs = await Promise.all(cohorts.map((cohort) => migration.run(cohort)));
      return runs.every((run) => run?.planHash === planHash) ? true : undefined;
    });
    await waitForCommits();
    await migration.says('approve', 'one');
    const opensAt = await until('the wait to be told', async () => (await migration.run('pilot'))?.opensAt);
    for (const cohort of cohorts) expect((await migration.run(cohort))?.status).toBe('awaitingCommit');
    // In the night before, one of them is stopped, at once.
    await migration.says('rollback', 'engineer', { scope: 'cohort', cohort: 'others' });
    expect((await migration.split('others')).share).toBe(0);
    await migration.reaches('rolledBack', 'others');
    await until('it to open', () => Date.now() > Date.parse(opensAt), 60_000);
    expect((await migration.run('pilot'))?.status).toBe('awaitingCommit');
    await migration.says('abort', 'engineer', { cohort: 'others' });
    await migration.reaches('committed', 'pilot');
  }, 120_000);

  it('commits by no approval of an earlier version, also where another one has no calendar and a cohort stays', async () => {
    const migration = await engine.migrate((plan) => {
      small(plan);
      const [phase] = plan.phases;
      if (phase === undefined) return;
      phase.cohorts = [
        { id: 'stay', when: { state: ['CO'] }, staysOnLegacy: 'They are moved by hand, case by case.' },
        { id: 'everyone', when: {} },
      ];
    });
    await migration.reaches('awaitingGoNoGo');
    for (const actor of ['one', 'two']) await migration.says('approve', actor);
    const waitForCommit = (): Promise<true> =>
      until('its commit to be asked', async () => {
        const run = await migration.run();
        if (run?.status === 'awaitingCommit' && run.request !== undefined) return true;
        if ((run?.share ?? 0) > 0) await migration.outcomes('target', 5, 0);
        return undefined;
      });
    await waitForCommit();
    const from = await plannedNow(migration);
    const first = hashOfPlan(migration.plan);
    const closed = await migration.version((plan) => {
      closedFor(plan, from, 4_000);
    });
    const adopt = async (planHash: string, base: string): Promise<void> => {
      await migration.plans('proposePlan', 'one', { planHash, base });
      await migration.plans('approvePlan', 'two', { planHash });
      await until('it to go by it', async () => (await migration.run())?.planHash === planHash);
    };
    await adopt(closed, first);
    await waitForCommit();
    await migration.says('approve', 'one');
    await until('the wait to be told', async () => (await migration.run())?.opensAt);
    const open = await migration.version((plan) => {
      plan.title = 'At any hour';
    });
    await adopt(open, closed);
    await waitForCommit();
    expect((await migration.run())?.request).toMatchObject({ kind: 'commit', planHash: open, given: [] });
    expect(await migration.audited('committed')).toEqual([]);
    await migration.says('approve', 'one');
    await migration.reaches('committed');
  }, 120_000);
});
