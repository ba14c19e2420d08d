import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  sleep,
  startChild,
  uuid4,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import type { Notice } from '../activities/notify/notifier';
import type { MigrationRollbackOf } from '../activities/phase-activities';
import { describeMigration } from '../domain/migration/describe-migration';
import type { MigrationRollbackAction } from '../domain/rollback/rollback-action';
import { isHeld, newMigrationRun, type MigrationRun } from '../domain/migration/migration-run';
import {
  migrationTransition,
  type MigrationEvent,
  type MigrationRules,
  type MigrationTransition,
} from '../domain/migration/migration-transition';
import { phaseWorkflowId, type Command, type CommandAnswer, type PhaseReport } from '../domain/phase/commands';
import type { TakenOutBefore } from '../domain/phase/left-out';
import type { PhaseRules } from '../domain/phase/phase-rules';
import { isGranted } from '../domain/phase/transition';
import { genuine } from './genuine';
import type { PhaseInput, PhaseResult } from './input';
import { mending, quick, telling } from './phase-activity-proxies';
import { takePlan } from './phase-plan';

/** An API process looks for another version of a plan every second, and again before it answers from what it found. */
const KNOWN_EVERYWHERE_AFTER = '5s';

/** Carries out a migration's state machine: its phases one after the other, each stable for its dwell before the next (R8). */
export class MigrationRunner {
  private current: MigrationRun;
  private loaded = false;
  private records = 0;
  private recording: Promise<void> = Promise.resolve();
  private readonly beside = new Set<Promise<void>>();
  private readonly tellings = new Set<Promise<void>>();
  private readonly took = new Map<string, CommandAnswer['cohorts']>();
  private readonly tookPlan = new Map<string, string | undefined>();
  /** Whether the plan is being changed: no phase starts, and no other change begins. */
  private changing = false;
  /** Changes that not every process may know of yet: no phase starts. */
  private unknownYet = 0;
  /** The phase under way; its handle is there once it has started. */
  private live: { handle?: ChildWorkflowHandle<PhaseWorkflow> } | undefined;

  /** @param rules without its phases, which `load` gives */
  constructor(private rules: MigrationRules) {
    this.current = newMigrationRun(new Date().toISOString());
  }

  get run(): MigrationRun {
    return this.current;
  }

  get goesBy(): MigrationRules {
    return this.rules;
  }

  /** Resolves once a command can be carried out. */
  async ready(): Promise<void> {
    await condition(() => this.loaded);
  }

  async load(): Promise<void> {
    const { phases } = genuine(await quick.loadPhases({ migration: this.rules.migration }));
    this.rules = { ...this.rules, phases };
    this.record({ run: this.current, recorded: [], told: [] });
    this.loaded = true;
  }

  /** Takes an event in, synchronously. Writing it down follows in order. Gives whether it changed anything. */
  apply(event: MigrationEvent): boolean {
    const before = this.current;
    const next = migrationTransition(before, event, this.rules, new Date().toISOString());
    this.current = next.run;
    const changed = next.run !== before;
    if (changed || next.recorded.length > 0) this.record(next);
    for (const told of next.told) this.tell(told);
    setCurrentDetails(describeMigration(this.current));
    if (before.status !== 'rolledBack' && this.current.status === 'rolledBack') this.settleRollback();
    return changed;
  }

  /** Resolves when everything so far can be read in Postgres. */
  async written(): Promise<void> {
    await this.recording;
  }

  /** Resolves when everyone was told of everything, or that was given up: up to an hour, which nothing else may wait for. */
  async told(): Promise<void> {
    while (this.tellings.size > 0) await Promise.all(this.tellings);
  }

  /** Resolves when nothing but tellings is under way beside the phases. */
  async settled(): Promise<void> {
    while (this.beside.size > 0) await Promise.all(this.beside);
    await this.recording;
  }

  hear(report: PhaseReport): void {
    if (report.kind === 'took') {
      this.took.set(report.answerTo, report.cohorts);
      return;
    }
    if (report.kind === 'tookPlan') {
      this.tookPlan.set(report.answerTo, report.refusal);
      return;
    }
    if (report.kind === 'untold') {
      for (const notice of report.notices) this.send(notice);
      return;
    }
    const { by, verified, because } = report;
    this.apply({ kind: 'rollback', by, verified, because });
  }

  /**
   * Gives the command to the phase under way and waits until it has taken it: for a rollback, until nobody new goes to target (I2). Gives
   * the phase's cohorts as they then stand; none where no phase is under way.
   */
  async handOn(name: 'pause' | 'rollback', command: Command): Promise<CommandAnswer['cohorts']> {
    await condition(() => this.live === undefined || this.live.handle !== undefined);
    const live = this.live;
    if (live?.handle === undefined) return [];
    const answerTo = uuid4();
    const { actor, reason } = command;
    const seal = { workflowId: live.handle.workflowId, name, nonce: answerTo };
    const handed = { actor, answerTo, scope: 'migration', ...(reason !== undefined && { reason }) };
    try {
      await live.handle.signal(name, actor.verified ? { ...handed, seal } : handed);
    } catch (error) {
      // It ended in between: there is nothing left to stop.
      if (isCancellation(error)) throw error;
      return [];
    }
    await condition(() => this.took.has(answerTo) || this.live !== live);
    const cohorts = this.took.get(answerTo) ?? [];
    this.took.delete(answerTo);
    return cohorts;
  }

  /** How far its phases have come. A phase that is neither has not begun. */
  get stand(): { ended: string[]; live: string | null } {
    const { phase } = this.current;
    const order = this.rules.phases.map((rules) => rules.phase.id);
    const begun = phase === null ? [] : order.slice(0, order.indexOf(phase) + 1);
    return this.live === undefined ? { ended: begun, live: null } : { ended: begun.slice(0, -1), live: phase };
  }

  get isChangingPlan(): boolean {
    return this.changing;
  }

  /** Lets no phase start, and no other change of the plan begin, while one is carried out. */
  async changePlan<Result>(work: () => Promise<Result>): Promise<Result> {
    this.changing = true;
    try {
      return await work();
    } finally {
      this.changing = false;
    }
  }

  /** Gives the phase under way its rules by another version. Undefined where no phase is under way, or it ended in between. */
  async givePlan(phases: readonly PhaseRules[]): Promise<{ refusal?: string } | undefined> {
    await condition(() => this.live === undefined || this.live.handle !== undefined);
    const live = this.live;
    const rules = phases.find(({ phase }) => phase.id === this.current.phase);
    if (live?.handle === undefined || rules === undefined) return undefined;
    const answerTo = uuid4();
    const seal = { workflowId: live.handle.workflowId, name: 'takePlan' as const, nonce: answerTo };
    try {
      await live.handle.signal(takePlan, { seal, answerTo, rules });
    } catch (error) {
      // It ended in between.
      if (isCancellation(error)) throw error;
      return undefined;
    }
    await condition(() => this.tookPlan.has(answerTo) || this.live !== live);
    if (!this.tookPlan.has(answerTo)) return undefined;
    const refusal = this.tookPlan.get(answerTo);
    this.tookPlan.delete(answerTo);
    return refusal === undefined ? {} : { refusal };
  }

  /** Goes by another version from here on. No phase starts for as long as an API process may go by the one before. */
  adopt(
    planHash: string,
    phases: readonly PhaseRules[],
    event: Extract<MigrationEvent, { kind: 'planAdopted' }>,
  ): void {
    this.rules = { ...this.rules, planHash, phases };
    this.apply(event);
    this.unknownYet += 1;
    this.goOnBeside(async () => {
      await sleep(KNOWN_EVERYWHERE_AFTER);
      this.unknownYet -= 1;
    });
  }

  /** Works until the last phase has ended, or one without a commit. */
  async drive(): Promise<PhaseResult[]> {
    const escalations = new CancellationScope();
    const escalating = escalations.run(() => this.escalate()).catch(ignoreCancellation);
    try {
      return await this.runPhases();
    } finally {
      escalations.cancel();
      await escalating;
    }
  }

  private async runPhases(): Promise<PhaseResult[]> {
    const results: PhaseResult[] = [];
    const takenOutBefore: TakenOutBefore[] = [];
    // Another version of the plan has the same phases, in the same order.
    const order = this.rules.phases.map((rules) => rules.phase.id);
    for (const [index, phase] of order.entries()) {
      await condition(() => !isHeld(this.current) && !this.changing && this.unknownYet === 0);
      this.apply({ kind: 'phaseStarted', phase });
      const result = await this.runPhase(this.rulesOf(phase), takenOutBefore);
      results.push(result);
      if (result.outcome !== 'committed') break;
      takenOutBefore.push(...result.takenOut.map((cohort) => ({ cohort, phase })));
      const last = index === order.length - 1;
      this.apply({ kind: 'phaseCommitted', phase, ...(!last && { dwell: this.rulesOf(phase).phase.dwell }) });
      if (!last) await this.dwell();
    }
    return results;
  }

  private rulesOf(phase: string): PhaseRules {
    const rules = this.rules.phases.find((one) => one.phase.id === phase);
    if (rules === undefined) throw new Error('Every version of a plan has the same phases.');
    return rules;
  }

  private async runPhase(rules: PhaseRules, takenOutBefore: readonly TakenOutBefore[]): Promise<PhaseResult> {
    const live: NonNullable<MigrationRunner['live']> = {};
    this.live = live;
    try {
      // A cohort is named with the first phase that ended without it.
      const first = takenOutBefore.filter(
        ({ cohort }, index) => takenOutBefore.findIndex((other) => other.cohort === cohort) === index,
      );
      live.handle = await startChild<PhaseWorkflow>(`${rules.phase.kind}Phase`, {
        workflowId: phaseWorkflowId(rules.migration, rules.phase.id),
        args: [{ ...rules, takenOutBefore: first }],
        // A cancelled migration cancels its phase, which lowers its splits before it ends.
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      });
      return await live.handle.result();
    } finally {
      this.live = undefined;
    }
  }

  /** Until the phase was stable for its dwell. A hold stops the clock, and whoever lets it go on starts it again. */
  private async dwell(): Promise<void> {
    while (this.current.status !== 'running') {
      await condition(() => !isHeld(this.current));
      const { dwellUntil } = this.current;
      if (dwellUntil === null) continue;
      const left = Math.max(1, Date.parse(dwellUntil) - Date.now());
      const interrupted = await condition(() => this.current.dwellUntil !== dwellUntil, left);
      if (!interrupted) this.apply({ kind: 'dwellOver' });
    }
  }

  private async escalate(): Promise<void> {
    for (;;) {
      await condition(() => this.awaited() !== undefined);
      const request = this.awaited();
      if (request === undefined) continue;
      const left = Math.max(1, Date.parse(request.escalateAt) - Date.now());
      const decided = await condition(() => this.awaited()?.askedAt !== request.askedAt, left);
      if (!decided) this.apply({ kind: 'escalationDue' });
    }
  }

  private awaited(): MigrationRun['request'] {
    const { request } = this.current;
    return request !== undefined && !request.escalated && !isGranted(request) ? request : undefined;
  }

  /** Does what the rollback's list says besides the phase's part, past failures. Once for each rollback. */
  private settleRollback(): void {
    const { migration, planHash } = this.rules;
    const of = { migration, planHash, rollback: `${migration}/${this.current.revision}` };
    this.goOnBeside(async () => {
      await this.written();
      const failures = await settle(of);
      if (failures.length === 0) return;
      const message = `The rollback of the migration left work for people: ${failures.join(' ')}`;
      this.tell({ kind: 'rollbackIncomplete', urgency: 'page', message });
    });
  }

  private record(next: MigrationTransition): void {
    this.records += 1;
    const { migration, planHash } = this.rules;
    const onceKey = `migration/${this.records}`;
    const record = { migration, planHash, onceKey, run: next.run, recorded: next.recorded };
    this.recording = CancellationScope.nonCancellable(() => this.recording.then(() => quick.recordMigration(record)));
  }

  private tell(told: MigrationTransition['told'][number]): void {
    const { migration } = this.rules;
    const onceKey = `migration/${this.records}/${told.kind}`;
    this.send({ onceKey, migration, phase: null, cohort: null, ...told });
  }

  private send(notice: Notice): void {
    this.goOnBeside(async () => telling.tell(notice).catch(() => undefined), this.tellings);
  }

  private goOnBeside(work: () => Promise<void>, among = this.beside): void {
    const working = CancellationScope.nonCancellable(work);
    among.add(working);
    void working.then(() => among.delete(working));
  }
}

type PhaseWorkflow = (input: PhaseInput) => Promise<PhaseResult>;

async function settle(of: MigrationRollbackOf): Promise<string[]> {
  const failures: string[] = [];
  let actions: MigrationRollbackAction[];
  try {
    ({ actions } = genuine(await quick.planMigrationRollback(of)));
  } catch {
    return ['Its list could not be read.'];
  }
  for (const [ordinal, action] of actions.entries()) {
    try {
      await mending.executeMigrationAction({ ...of, ordinal });
    } catch {
      failures.push(`${action.kind} (${ordinal + 1} of ${actions.length}) could not be carried out.`);
    }
  }
  return failures;
}

function ignoreCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}
