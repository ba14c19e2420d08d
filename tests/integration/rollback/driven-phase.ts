import { randomUUID } from 'node:crypto';
import { previewRollback, type RollbackPreview } from '../../../activities/rollback/preview-rollback';
import { PlanReader } from '../../../activities/plan-reader';
import { recordActivities } from '../../../activities/record/record-activities';
import { rollbackActivities } from '../../../activities/rollback/rollback-activities';
import { PostgresTrafficRouter } from '../../../activities/traffic/postgres-traffic-router';
import { trafficActivities } from '../../../activities/traffic/traffic-activities';
import { chooseCohorts } from '../../../domain/phase/choose-cohorts';
import type { CohortEvent } from '../../../domain/phase/cohort-event';
import { newCohortRun, type CohortRun, type CohortStatus } from '../../../domain/phase/cohort-run';
import { ENGINE_VERSION, type PhaseRules } from '../../../domain/phase/phase-rules';
import { transition } from '../../../domain/phase/transition';
import { workFor, type Work } from '../../../domain/phase/work';
import { planHash } from '../../../domain/plan/plan-hash';
import type { Plan, RollbackScope } from '../../../domain/plan/plan-schema';
import type { Database } from '../../../store/database';
import { createMigration } from '../../../store/migration-records';
import { savePlan } from '../../../store/plans';
import { createSplit } from '../../../store/splits';
import { person } from '../../workflows/person';

const NOW = '2026-03-02T09:00:00.000Z';
let units = 0;

/**
 * A phase whose state machine, planner, activities and store are the real ones; only Temporal is not there: a test says what happens
 * next. Nothing is carried out but what the state asks for.
 */
export class DrivenPhase {
  private readonly runs = new Map<string, CohortRun>();
  private records = 0;

  private constructor(
    private readonly db: Database,
    readonly rules: PhaseRules,
    private readonly activities: ReturnType<typeof activitiesOf>,
  ) {}

  /** A migration of this plan's first phase, each cohort before its preflight. */
  static async start(db: Database, id: string, plan: Plan): Promise<DrivenPhase> {
    const hash = planHash(plan);
    const [phase] = plan.phases;
    if (phase === undefined) throw new Error('The plan has no phase.');
    await savePlan(db, { hash, plan, source: '' });
    await createMigration(db, { id, planHash: hash, salt: id, timeScale: 1, startedBy: 'starter' });
    const rules: PhaseRules = {
      ...{ engineVersion: ENGINE_VERSION, migration: id, planHash: hash, startedBy: 'starter', timeScale: 1, phase },
      rollbackRules: plan.rollbackRules.filter((rule) => rule.phase === phase.id),
    };
    const driven = new DrivenPhase(db, rules, activitiesOf(db));
    for (const { id: cohort } of phase.cohorts) {
      const { epoch } = await driven.activities.openSplit({ ...driven.key(cohort), lease: phase.lease });
      driven.runs.set(cohort, { ...newCohortRun(cohort, NOW), epoch });
      await driven.save(cohort);
    }
    return driven;
  }

  run(cohort: string): CohortRun {
    const run = this.runs.get(cohort);
    if (run === undefined) throw new Error('There is no such cohort.');
    return run;
  }

  /** Takes the event in, as the workflow does: the other cohorts of the phase are told what concerns them too. */
  async happens(cohort: string, event: CohortEvent): Promise<void> {
    const next = transition(this.run(cohort), event, this.rules, NOW);
    const changed = next.run !== this.run(cohort);
    this.runs.set(cohort, next.run);
    if (changed || next.recorded.length > 0) await this.save(cohort, next.recorded);
    if (next.spread === undefined) return;
    for (const other of this.runs.keys()) if (other !== cohort) await this.happens(other, next.spread);
  }

  /** Does what the state asks for, until it waits for people, for time or for outcomes. */
  async works(cohort: string): Promise<void> {
    for (;;) {
      const event = await this.perform(cohort, this.work(cohort));
      if (event === undefined) return;
      await this.happens(cohort, event);
    }
  }

  /** A record that was not answered is written again, as Temporal does. */
  async recordsAgain(cohort: string): Promise<void> {
    await this.save(cohort);
  }

  /** Does only the next thing that the state asks for. */
  async moves(cohort: string): Promise<void> {
    const event = await this.prepared(cohort)();
    if (event !== undefined) await this.happens(cohort, event);
  }

  /** What the state asks for now, to be done at any time: its result is told to nobody. */
  prepared(cohort: string): () => Promise<CohortEvent | undefined> {
    const work = this.work(cohort);
    return () => this.perform(cohort, work);
  }

  /** Lets a cohort come to a status by the way that leads there. */
  async comesTo(cohort: string, status: CohortStatus): Promise<void> {
    const say = (event: CohortEvent): Promise<void> => this.happens(cohort, event);
    const by = (id: string): CohortEvent => ({ kind: 'approve', actor: person(id) });
    const rollback: CohortEvent = { kind: 'rollback', scope: 'cohort', by: 'one', verified: true, because: 'doubt' };
    if (status === 'preflight') return;
    await say(this.preflightDone(cohort, status !== 'notReady'));
    if (status === 'notReady' || status === 'awaitingGoNoGo') return;
    await say(by('one'));
    await say(by('two'));
    await say(this.preflightDone(cohort));
    if (status === 'shifting') return;
    await this.works(cohort);
    // To the second step, so that there is one to go back to.
    await say(STEP_DONE);
    await this.works(cohort);
    if (status === 'watching') return;
    if (status === 'held') await say({ kind: 'workFailed', message: 'no answer' });
    if (status === 'paused')
      await say({ kind: 'pause', actor: 'one', verified: true, because: { code: 'command', message: 'doubt' } });
    if (status === 'takenOut') await say({ kind: 'abort', actor: person('one') });
    if (status === 'rollingBack' || status === 'rolledBack') await say(rollback);
    if (status === 'rollingBack') return;
    if (['held', 'paused', 'takenOut', 'rolledBack'].includes(status)) return this.works(cohort);
    // R48: its calendar is closed; not those of the cohorts that are driven after it.
    const { calendar } = this.rules;
    if (status === 'awaitingOpening') this.rules.calendar = 'release-hours';
    await this.goesOnTo(cohort, status);
    if (calendar === undefined) delete this.rules.calendar;
    else this.rules.calendar = calendar;
  }

  private async goesOnTo(cohort: string, status: CohortStatus): Promise<void> {
    const say = (event: CohortEvent): Promise<void> => this.happens(cohort, event);
    const by = (id: string): CohortEvent => ({ kind: 'approve', actor: person(id) });
    while (this.run(cohort).status !== status) {
      const at = this.run(cohort);
      if (at.status === 'awaitingCommit') {
        await say(by('one'));
        await say(by('two'));
        await say({ kind: 'commitNow' });
      } else if (at.status === 'awaitingStep') await say(by('one'));
      else if (at.status === 'watching' || at.status === 'soaking') await say(STEP_DONE);
      else throw new Error(`From ${at.status} no way leads on.`);
      if (this.run(cohort).status === status) return;
      await this.works(cohort);
    }
  }

  /** People on target in a journey that is open: so many who reached that milestone last; null: none. */
  async people(cohort: string, milestone: string | null, count: number): Promise<string[]> {
    const { migration, phase } = this.rules;
    const reached = phase.inFlight.milestones.slice(
      0,
      phase.inFlight.milestones.findIndex(({ id }) => id === milestone) + 1,
    );
    const placed: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const unit = `epi_${String((units += 1)).padStart(8, '0')}-0000-4000-8000-000000000000`;
      placed.push(unit);
      await this.db.query(
        `INSERT INTO placement (migration, phase, unit, cohort, side, epoch) VALUES ($1, $2, $3, $4, 'target', 1)`,
        [migration, phase.id, unit, cohort],
      );
      for (const { reachedBy } of reached)
        await this.db.query(
          `INSERT INTO event (migration, source, id, type, journey, subject, units, time, sequence, matched_at, data, received_at)
           VALUES ($1, '/target/billing', gen_random_uuid(), $2, $3, 'pat_1', jsonb_build_object($4::text, $3::text),
             clock_timestamp(), 0, clock_timestamp(), '{}', clock_timestamp())`,
          [migration, reachedBy, unit, phase.unit],
        );
    }
    return placed;
  }

  /** People say that it goes on, look at the checks, give the go, and the first step begins. */
  async goesOn(cohort: string): Promise<void> {
    for (const id of ['one', 'two', 'three']) {
      await this.happens(cohort, { kind: 'approve', actor: person(id) });
      if (this.run(cohort).status === 'preflight') await this.happens(cohort, this.preflightDone(cohort));
    }
    await this.works(cohort);
  }

  async preview(scope: RollbackScope, cohort?: string, bringBack = false): Promise<RollbackPreview> {
    const { migration, phase } = this.rules;
    return previewRollback(this.db, { migration, phase: phase.id, scope, cohort, bringBack });
  }

  /** As the workflow does on the command: those that it fits are told, and every one works until it waits again. */
  async rollBack(
    scope: RollbackScope,
    cohort?: string,
    bringBack = false,
  ): Promise<{ taken: string[]; refusal?: string }> {
    const command = { actor: person('engineer'), scope, bringBack, ...(cohort !== undefined && { cohort }) };
    const runs = new Map(this.runs);
    const chosen = chooseCohorts([...runs.values()], 'rollback', command, this.rules);
    for (const name of chosen.cohorts)
      await this.happens(name, {
        ...{ kind: 'rollback', scope, by: 'engineer', verified: true, because: 'doubt', byHand: bringBack },
      });
    for (const [name, before] of runs) {
      const { status, revision } = this.run(name);
      if (status === 'rollingBack' && revision > before.revision) await this.works(name);
    }
    return { taken: chosen.cohorts, ...(chosen.refusal && { refusal: chosen.refusal.code }) };
  }

  /** What was carried out in the last rollback of a cohort, in order; null where it had none. */
  async executed(cohort: string): Promise<{ action: object; outcome: { moved?: number } }[] | null> {
    const { rollback } = this.run(cohort);
    if (rollback === undefined) return null;
    const { rows } = await this.db.query<{ action: object; outcome: { moved?: number }; done: boolean }>(
      `SELECT action, outcome, done_at IS NOT NULL AS done FROM rollback_action
        WHERE migration = $1 AND phase = $2 AND cohort = $3 AND rollback = $4 ORDER BY ordinal`,
      [this.rules.migration, this.rules.phase.id, cohort, rollback.id],
    );
    if (rows.some(({ done }) => !done)) throw new Error('Something that was listed was not done.');
    return rows.map(({ action, outcome }) => ({ action, outcome }));
  }

  /** Everything of a cohort that a rollback could change, as it is stored. */
  async stored(cohort: string): Promise<unknown> {
    const { migration, phase } = this.rules;
    const key = [migration, phase.id, cohort];
    const { rows: splits } = await this.db.query(
      `SELECT * FROM split WHERE migration = $1 AND phase = $2 AND cohort = $3`,
      key,
    );
    const { rows: changes } = await this.db.query(
      `SELECT * FROM split_change WHERE migration = $1 AND phase = $2 AND cohort = $3 ORDER BY epoch`,
      key,
    );
    const { rows: placements } = await this.db.query(
      `SELECT * FROM placement WHERE migration = $1 AND phase = $2 AND cohort = $3 ORDER BY unit`,
      key,
    );
    const { rows: exceptions } = await this.db.query(
      `SELECT * FROM exception WHERE migration = $1 AND phase = $2 AND cohort = $3 ORDER BY cause`,
      key,
    );
    return { splits, changes, placements, exceptions, run: this.run(cohort) };
  }

  async onTarget(cohort: string): Promise<number> {
    const { rows } = await this.db.query<{ people: number }>(
      `SELECT count(*)::int AS people FROM placement WHERE migration = $1 AND cohort = $2 AND side = 'target'`,
      [this.rules.migration, cohort],
    );
    return rows[0]?.people ?? 0;
  }

  async broughtBack(cohort: string): Promise<number> {
    return this.cases(cohort, 'bringBack');
  }

  /** Cases that a rollback made of people of this cohort. */
  async cases(cohort: string, kind: 'bringBack' | 'pause'): Promise<number> {
    const { rows } = await this.db.query<{ people: number }>(
      `SELECT count(*)::int AS people FROM exception WHERE migration = $1 AND cohort = $2 AND cause LIKE $3 || ':%'`,
      [this.rules.migration, cohort, kind],
    );
    return rows[0]?.people ?? 0;
  }

  /** Those of a cohort who wait on target for a person. */
  async waiting(cohort: string): Promise<number> {
    const { rows } = await this.db.query<{ people: number }>(
      `SELECT count(*)::int AS people FROM placement WHERE migration = $1 AND cohort = $2 AND side = 'target' AND paused_at IS NOT NULL`,
      [this.rules.migration, cohort],
    );
    return rows[0]?.people ?? 0;
  }

  async share(cohort: string): Promise<{ share: number; mode: string }> {
    const { rows } = await this.db.query<{ share: number; mode: string }>(
      `SELECT share, mode FROM split WHERE migration = $1 AND cohort = $2`,
      [this.rules.migration, cohort],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('There is no such split.');
    return row;
  }

  private work(cohort: string): Work {
    return workFor(this.run(cohort), this.rules);
  }

  private async perform(cohort: string, work: Work): Promise<CohortEvent | undefined> {
    const { lease } = this.rules.phase;
    const key = this.key(cohort);
    switch (work.kind) {
      case 'shift':
        return { kind: 'splitShifted', ...(await this.activities.shiftTraffic({ ...key, ...work, lease })) };
      case 'lower':
        return { kind: 'splitLowered', ...(await this.activities.lowerTraffic({ ...key, ...work, lease })) };
      case 'settleRollback':
        return { kind: 'rollbackSettled', ...(await this.settle(cohort)) };
      case 'commit':
        return { kind: 'splitCommitted', ...(await this.activities.commitTraffic({ ...key, ...work, lease })) };
      case 'none':
      case 'preflight':
      case 'watch':
        return undefined;
    }
  }

  private async settle(cohort: string): Promise<{ failures: string[]; epoch: number }> {
    const { rollback, share, epoch } = this.run(cohort);
    if (rollback === undefined) throw new Error('No rollback is under way.');
    const { id, scope, shareBefore: from, byHand } = rollback;
    const of = {
      ...{ ...this.key(cohort), planHash: this.rules.planHash, rollback: id, scope, from, to: share },
      ...(byHand === true && { byHand }),
    };
    let latest = epoch;
    const failures: string[] = [];
    for (const ordinal of (await this.activities.planRollback(of)).keys()) {
      const done = await this.activities.executeRollbackAction({ ...of, ordinal });
      latest = done.epoch;
      if (done.left !== undefined) failures.push(done.left);
    }
    return { failures, epoch: latest };
  }

  private preflightDone(cohort: string, ok = true): CohortEvent {
    const failures = ok ? [] : ['no owner'];
    return { kind: 'preflightDone', ok, failures, evidenceHash: 'evidence', epoch: this.run(cohort).epoch };
  }

  private async save(
    cohort: string,
    recorded: Parameters<typeof this.activities.recordTransition>[0]['recorded'] = [],
  ) {
    const { migration, phase, planHash: hash } = this.rules;
    const onceKey = `${phase.id}/${cohort}/${(this.records += 1)}`;
    const run = this.run(cohort);
    await this.activities.recordTransition({ migration, phase: phase.id, planHash: hash, onceKey, run, recorded });
  }

  private key(cohort: string): { migration: string; phase: string; cohort: string } {
    return { migration: this.rules.migration, phase: this.rules.phase.id, cohort };
  }
}

const STEP_DONE: CohortEvent = { kind: 'watchEnded', end: { kind: 'stepDone', evidenceHash: 'gates' } };

function activitiesOf(db: Database) {
  const router = new PostgresTrafficRouter(db);
  return {
    ...trafficActivities({
      clock: () => Promise.resolve(new Date()),
      router,
      createSplit: (split) => createSplit(db, split),
      lapsedFor: () => Promise.resolve(undefined),
      command: () => randomUUID(),
    }),
    ...rollbackActivities({ db, router, plans: new PlanReader(db) }),
    ...recordActivities(db),
  };
}
