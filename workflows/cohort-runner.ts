import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
} from '@temporalio/workflow';
import type { RollbackOf, SplitNow } from '../activities/phase-activities';
import type { CohortEvent } from '../domain/phase/cohort-event';
import type { PhaseNotice } from '../domain/phase/commands';
import { hasEnded, newCohortRun, type CohortRun } from '../domain/phase/cohort-run';
import type { PhaseRules } from '../domain/phase/phase-rules';
import { isGranted, transition, type Transition } from '../domain/phase/transition';
import { workFor, workKey, type Work } from '../domain/phase/work';
import { unreachable } from '../domain/unreachable';
import { genuine, isForged } from './genuine';
import { bounded, counting, mending, quick, telling, watching } from './phase-activity-proxies';
import { untilOpen, whyNotKnown } from './until-open';

/** Carries out one cohort's state machine: `apply` changes the state at once, `drive` does what the state asks for. */
export class CohortRunner {
  private current: CohortRun;
  /** What was decided before the cohort began: that nobody of it moves, and why. */
  private readonly beginning: Transition;
  private records = 0;
  private recording: Promise<void> = Promise.resolve();
  private settling: { rollback: string; result: Promise<{ failures: string[]; epoch: number }> } | undefined;
  private readonly tellings = new Set<PhaseNotice>();

  constructor(
    readonly cohort: string,
    private rules: PhaseRules,
    private readonly onChange: (event: CohortEvent | undefined) => void,
    leftOut?: CohortEvent,
  ) {
    const now = new Date().toISOString();
    const run = { ...newCohortRun(cohort, now), planHash: rules.planHash };
    this.beginning = leftOut === undefined ? { run, recorded: [], told: [] } : transition(run, leftOut, rules, now);
    this.current = this.beginning.run;
  }

  get run(): CohortRun {
    return this.current;
  }

  /** Takes an event in, synchronously, so that whoever comes next sees the new state. Writing it down follows in order. */
  apply(event: CohortEvent): void {
    const next = transition(this.current, event, this.rules, new Date().toISOString());
    const changed = next.run !== this.current;
    this.current = next.run;
    if (next.rules !== undefined) this.rules = next.rules;
    if (changed || next.recorded.length > 0) this.record(next);
    for (const told of next.told) this.tell(told);
    this.onChange(next.spread);
  }

  /** What it goes by now: the migration's version of the plan, or the one before until its step ends. */
  get goesBy(): PhaseRules {
    return this.rules;
  }

  /** Another version of the plan was agreed on: it goes by it from its next step on. */
  changePlan(newer: PhaseRules): void {
    this.rules = { ...this.rules, newer };
    this.apply({ kind: 'planChanged' });
  }

  /** Resolves when everything so far can be read in Postgres. */
  async written(): Promise<void> {
    await this.recording;
  }

  /** What people could not be told yet. */
  get untold(): PhaseNotice[] {
    return [...this.tellings];
  }

  /** Works until the cohort has ended and that is written down. Telling people goes on beside: see `untold`. */
  async drive(): Promise<void> {
    if (this.current.epoch === 0) await this.open();
    // A block of its own: whoever is asked is paged when the time is over, and what waits for its calendar goes on when that opens, whatever
    // the cohort is doing meanwhile.
    const beside = new CancellationScope();
    const waiting = beside.run(() => Promise.all([this.escalate(), this.waitForOpenings()])).catch(ignoreCancellation);
    try {
      while (!hasEnded(this.current)) await this.doNext();
    } finally {
      beside.cancel();
      await waiting;
    }
    await this.written();
  }

  private async open(): Promise<void> {
    const split = genuine(await quick.openSplit({ ...this.key(), lease: this.rules.phase.lease }));
    this.current = { ...this.current, epoch: split.epoch };
    this.record({ ...this.beginning, run: this.current });
  }

  private async doNext(): Promise<void> {
    const work = workFor(this.current, this.rules);
    const key = workKey(this.current, work);
    const over = (): boolean => hasEnded(this.current) || this.workKeyNow() !== key;
    if (work.kind === 'none') {
      await condition(over);
      return;
    }
    const scope = new CancellationScope();
    let outcome: { event: CohortEvent } | { error: unknown } | undefined;
    const doing = scope
      .run(() => this.perform(work))
      .then(
        (event) => (outcome = { event }),
        (error: unknown) => (outcome = { error }),
      );
    await condition(() => outcome !== undefined || over());
    if (over() || outcome === undefined) {
      // What was under way no longer counts: its result is dropped, and a write it may still make is fenced by its epoch.
      scope.cancel();
      void doing;
      return;
    }
    if ('event' in outcome) this.apply(outcome.event);
    else await this.failed(outcome.error, over);
  }

  private async failed(error: unknown, over: () => boolean): Promise<void> {
    if (isForged(error)) {
      this.apply({ kind: 'workFailed', message: error.message });
      return;
    }
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const cause = error.cause;
    if (cause instanceof ApplicationFailure && cause.type === 'split-committed') {
      // The answer to the commit was lost: this is where the cohort really stands.
      this.apply({ kind: 'splitCommitted', epoch: this.current.epoch });
      return;
    }
    if (cause instanceof ApplicationFailure && cause.type === 'calendar-closed') {
      this.apply({ kind: 'calendarClosed' });
      return;
    }
    if (cause instanceof ApplicationFailure && cause.type === 'restore-too-late') {
      const now = cause.details?.[0] as SplitNow | undefined;
      this.apply({ kind: 'restoreTooLate', epoch: now?.epoch ?? this.current.epoch });
      return;
    }
    this.apply({ kind: 'workFailed', message: cause?.message ?? error.message });
    // Where that changed nothing, the same is tried again, but not at once: history would grow without end.
    if (!over()) await condition(over, '30s');
  }

  private async perform(work: Exclude<Work, { kind: 'none' }>): Promise<CohortEvent> {
    const { planHash, timeScale, phase } = this.rules;
    const key = this.key();
    switch (work.kind) {
      case 'preflight': {
        const { calendar } = this.rules;
        const by = calendar === undefined ? {} : { calendar };
        const report = genuine(await quick.runPreflight({ ...key, ...by, planHash }));
        const { ok, checks, failures, evidenceHash, epoch } = report;
        return { kind: 'preflightDone', ok, checks, failures, evidenceHash, epoch };
      }
      case 'shift': {
        const { expectedEpoch, share, perDay, maxOpen, newAttempt, restoring, notAfter } = work;
        const restore = restoring ? { restoreWithin: phase.resumeWithin } : {};
        const shift = {
          ...key,
          expectedEpoch,
          share,
          perDay,
          maxOpen,
          newAttempt,
          lease: phase.lease,
          ...restore,
          ...(notAfter !== undefined && { notAfter }),
        };
        return { kind: 'splitShifted', ...genuine(await bounded.shiftTraffic(shift)) };
      }
      case 'watch': {
        const { epoch, step, watchMs, until } = work;
        const { series: attempt } = this.current;
        const watch = { ...key, planHash, epoch, attempt, step, watchMs, until, timeScale };
        return { kind: 'watchEnded', end: genuine(await watching().watchStep(watch)) };
      }
      case 'lower': {
        const { share, maxOpen, cause, returning, newAttempt } = work;
        const lower = { ...key, share, maxOpen, cause, returning, newAttempt, lease: phase.lease };
        return { kind: 'splitLowered', ...genuine(await quick.lowerTraffic(lower)) };
      }
      case 'settleRollback':
        return { kind: 'rollbackSettled', ...(await this.settleRollback()) };
      case 'commit': {
        const { expectedEpoch, notAfter } = work;
        const commit = { ...key, expectedEpoch, lease: phase.lease, ...(notAfter !== undefined && { notAfter }) };
        const { epoch } = genuine(await quick.commitTraffic(commit));
        return { kind: 'splitCommitted', epoch };
      }
      default:
        return unreachable(work);
    }
  }

  /**
   * Does what the rollback's list says, past failures, and gives those. Traffic is back already when this begins. Once a rollback: a
   * second asking, after a cancellation, waits for the first.
   */
  private async settleRollback(): Promise<{ failures: string[]; epoch: number }> {
    const { rollback, share, epoch } = this.current;
    if (rollback === undefined) return { failures: [], epoch };
    if (this.settling?.rollback !== rollback.id) {
      const { id, scope, shareBefore: from, byHand } = rollback;
      const asked = byHand === true ? { byHand } : {};
      const of = { ...this.key(), planHash: this.rules.planHash, rollback: id, scope, from, to: share, ...asked };
      this.settling = { rollback: id, result: CancellationScope.nonCancellable(() => settle(of, epoch)) };
    }
    return this.settling.result;
  }

  /** R48: what may go on but for its calendar goes on when that is open. */
  private async waitForOpenings(): Promise<void> {
    const ended = (): boolean => hasEnded(this.current);
    while (!ended()) {
      await condition(() => this.current.status === 'awaitingOpening' || ended());
      const { status, opening } = this.current;
      if (status !== 'awaitingOpening') continue;
      const isOver = (): boolean => this.current.status !== status || this.current.opening !== opening;
      try {
        const open = await untilOpen(this.rules, isOver, (at) => {
          this.apply({ kind: 'opensAt', at });
        });
        if (open !== undefined) this.apply({ kind: 'opened', ...open });
      } catch (error) {
        const message = whyNotKnown(error);
        if (!isOver()) this.apply({ kind: 'openingUnknown', message });
      }
    }
  }

  private async escalate(): Promise<void> {
    while (!hasEnded(this.current)) {
      await condition(() => this.awaited() !== undefined || hasEnded(this.current));
      const request = this.awaited();
      if (request === undefined) continue;
      const left = Math.max(1, Date.parse(request.escalateAt) - Date.now());
      const decided = await condition(() => this.awaited()?.askedAt !== request.askedAt, left);
      if (!decided) this.apply({ kind: 'escalationDue' });
    }
  }

  /** The request that people are late with if they wait any longer. */
  private awaited(): CohortRun['request'] {
    const { request } = this.current;
    return request !== undefined && !request.escalated && !isGranted(request) ? request : undefined;
  }

  private record(next: Transition): void {
    this.records += 1;
    const { migration, phase, planHash } = this.rules;
    const onceKey = `${phase.id}/${this.cohort}/${this.records}`;
    const transitionRecord = { migration, phase: phase.id, planHash, onceKey, run: next.run, recorded: next.recorded };
    // Outside of every scope that a person's command may cancel: what happened is written down, in order.
    this.recording = CancellationScope.nonCancellable(() =>
      this.recording.then(() => quick.recordTransition(transitionRecord)),
    );
  }

  private tell(told: Transition['told'][number]): void {
    const { migration, phase } = this.rules;
    const onceKey = `${phase.id}/${this.cohort}/${this.records}/${told.kind}`;
    const notice: PhaseNotice = { onceKey, migration, phase: phase.id, cohort: this.cohort, ...told };
    this.tellings.add(notice);
    void CancellationScope.nonCancellable(() => telling.tell(notice))
      .catch(() => undefined)
      .then(() => this.tellings.delete(notice));
  }

  private workKeyNow(): string {
    return workKey(this.current, workFor(this.current, this.rules));
  }

  private key(): { migration: string; phase: string; cohort: string } {
    return { migration: this.rules.migration, phase: this.rules.phase.id, cohort: this.cohort };
  }
}

async function settle(of: RollbackOf, epoch: number): Promise<{ failures: string[]; epoch: number }> {
  const failures: string[] = [];
  let latest = epoch;
  const actions = await counting.planRollback(of);
  for (const [ordinal, action] of actions.entries()) {
    try {
      const { epoch: now, left } = genuine(await mending.executeRollbackAction({ ...of, ordinal }));
      latest = now;
      if (left !== undefined) failures.push(left);
    } catch (error) {
      failures.push(`${action.kind} (${ordinal + 1} of ${actions.length}): ${reasonOf(error)}`);
    }
  }
  return { failures, epoch: latest };
}

function ignoreCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

function reasonOf(error: unknown): string {
  if (error instanceof ActivityFailure) return error.cause?.message ?? error.message;
  return error instanceof Error ? error.message : 'an unknown failure';
}
