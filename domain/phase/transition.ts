import { unreachable } from '../unreachable';
import type { CohortEvent, WatchEnd } from './cohort-event';
import type {
  ApprovalKind,
  ApprovalRequest,
  AwaitedOpening,
  Because,
  CohortRun,
  CohortStatus,
  RollbackRun,
} from './cohort-run';
import type { RampStep, RollbackScope } from '../plan/plan-schema';
import { perDayOf, raises, rampOf, shareOf, WHOLE, type PhaseRules } from './phase-rules';
import { workFor } from './work';

/** A line for the audit log: who did what to this cohort, and why. */
export interface Recorded {
  action: string;
  actor: string;
  verified: boolean;
  reason?: string;
  evidence?: unknown;
}

/** What people are told. `page` wakes somebody. */
export interface Told {
  kind: string;
  urgency: 'info' | 'page';
  message: string;
}

export interface Transition {
  run: CohortRun;
  recorded: Recorded[];
  told: Told[];
  /** What the other cohorts of the phase must do too. */
  spread?: CohortEvent;
  /** What the cohort goes by from here on, where that is another version of the plan. */
  rules?: PhaseRules;
}

const ENGINE = 'system:phase-engine';

/** Lapses of control that one step mends by itself; a controller that keeps losing it needs a person. */
const MOST_RESTORES = 5;

/** Where the split is above zero because the ramp put it there. */
const RAMPING: readonly CohortStatus[] = ['watching', 'soaking', 'awaitingStep', 'awaitingOpening', 'awaitingCommit'];

/**
 * What a cohort becomes when something happens to it. Pure: the workflow carries out what `workFor` then says. An event that
 * no longer fits (a result that comes after a rollback began, say) changes nothing, so a late one never raises a split (I3).
 * @param now ISO time
 */
export function transition(run: CohortRun, event: CohortEvent, rules: PhaseRules, now: string): Transition {
  const step = new Step(run, rules, now);
  step.apply(event);
  return step.result();
}

/** One transition in the making. */
class Step {
  private readonly recorded: Recorded[] = [];
  private readonly told: Told[] = [];
  private next: CohortRun;
  /** Whether the split was being written when this came. */
  private readonly writing: boolean;
  private spread: CohortEvent | undefined;
  /** The steps that this cohort goes by. */
  private ramp: readonly RampStep[];
  private rules: PhaseRules;
  /** Whether its calendar was just found open. */
  private open = false;

  constructor(
    private readonly before: CohortRun,
    private readonly given: PhaseRules,
    private readonly now: string,
  ) {
    this.rules = given;
    this.next = { ...before };
    this.ramp = rampOf(given, before.cohort);
    const { kind } = workFor(before, given);
    this.writing = kind === 'shift' || kind === 'lower';
  }

  result(): Transition {
    const changed = JSON.stringify(this.next) !== JSON.stringify(this.before);
    const run = changed ? { ...this.next, revision: this.before.revision + 1, changedAt: this.now } : this.before;
    return {
      ...{ run, recorded: this.recorded, told: this.told },
      ...(this.spread && { spread: this.spread }),
      ...(this.rules !== this.given && { rules: this.rules }),
    };
  }

  apply(event: CohortEvent): void {
    // The point of no return: what comes late finds nothing to change.
    if (this.before.status === 'committed' && event.kind !== 'signalRefused') return;
    switch (event.kind) {
      case 'leftOut':
        this.leftOut(event);
        return;
      case 'preflightDone':
        if (this.next.status === 'preflight') this.preflightDone(event);
        return;
      case 'splitShifted':
        if (this.next.status === 'shifting') this.shifted(event);
        return;
      case 'splitLowered':
        this.lowered(event);
        return;
      case 'workFailed':
        this.workFailed(event.message);
        return;
      case 'restoreTooLate':
        if (this.next.status === 'shifting') {
          this.next = { ...this.next, epoch: event.epoch, share: 0 };
          this.holdUnattended();
        }
        return;
      case 'watchEnded':
        this.watchEnded(event.end);
        return;
      case 'rollbackSettled':
        if (this.next.status === 'rollingBack') this.rollbackSettled(event);
        return;
      case 'commitNow':
        this.commitNow(event.notAfter);
        return;
      case 'splitCommitted':
        // Also where the answer to a commit was lost, and the split is found past its point of no return.
        this.committed(event.epoch);
        return;
      case 'escalationDue':
        this.escalate();
        return;
      case 'opensAt':
        this.opensAt(event.at);
        return;
      case 'opened':
        this.opened(event.closesAt);
        return;
      case 'openingUnknown':
        this.openingUnknown(event.message);
        return;
      case 'calendarClosed':
        this.calendarClosed();
        return;
      case 'planChanged':
        this.planChanged();
        return;
      case 'approve':
        this.approve(event.actor.id, event.actor.verified, event.reason);
        return;
      case 'resume':
        this.resume(event.actor.id, event.actor.verified, event.reason);
        return;
      case 'reject':
        this.reject(event.actor.id, event.actor.verified, event.reason);
        return;
      case 'pause':
        this.pause(event);
        return;
      case 'rollback':
        this.rollback(event);
        return;
      case 'abort':
        this.takeOut(event.actor.id, event.actor.verified, 'aborted', event.reason);
        return;
      case 'cancelled':
        this.cancelled();
        return;
      case 'signalRefused':
        this.record(`signal.refused.${event.signal}`, event.actor, false, `The signal did not count: ${event.code}.`);
        return;
      default:
        unreachable(event);
    }
  }

  /** Before anything else: nobody of this cohort is ever moved by this phase. */
  private leftOut(event: Extract<CohortEvent, { kind: 'leftOut' }>): void {
    if (this.next.status !== 'preflight' || this.next.share > 0) return;
    const because: Because =
      event.earlierPhase === undefined
        ? { code: 'staysOnLegacy', message: event.reason }
        : {
            code: 'takenOutBefore',
            message: `Taken out in phase ${event.earlierPhase} already: a later phase never runs ahead of it.`,
          };
    this.become('takenOut', because);
    this.record(`cohort.${because.code}`, ENGINE, true, because.message, { earlierPhase: event.earlierPhase });
  }

  private preflightDone(event: Extract<CohortEvent, { kind: 'preflightDone' }>): void {
    this.next.epoch = event.epoch;
    // What was checked is not the plan that would be approved: it is checked again.
    if (this.takeOver()) return;
    const { checks } = event;
    if (!event.ok) {
      this.become('notReady', { code: 'preflight', message: event.failures.join(' ') });
      this.record('preflight.failed', ENGINE, true, undefined, { failures: event.failures, checks });
      this.tell('preflightFailed', 'info', `Not ready: ${event.failures.join(' ')} Mend this, then resume.`);
      return;
    }
    const { request } = this.next;
    if (request?.kind === 'goNoGo' && isGranted(request)) {
      if (request.evidenceHash === event.evidenceHash) {
        this.record('goNoGo.approved', ENGINE, true, undefined, {
          approvals: request.given,
          evidence: event.evidenceHash,
        });
        this.enter(0);
        return;
      }
      this.record('goNoGo.void', ENGINE, true, 'The evidence changed after it was approved.', {
        evidence: event.evidenceHash,
      });
      this.tell(
        'approvalVoid',
        'page',
        'The preflight evidence changed after the go was given: it is void and asked anew.',
      );
    } else {
      this.record('preflight.passed', ENGINE, true, undefined, { evidence: event.evidenceHash, checks });
    }
    this.become('awaitingGoNoGo');
    this.ask('goNoGo', event.evidenceHash);
  }

  private workFailed(message: string): void {
    const { status, rollback, epoch } = this.next;
    if (status === 'preflight') {
      this.become('notReady', { code: 'preflight', message });
      this.record('preflight.failed', ENGINE, true, message);
    } else if (status === 'rollingBack' && rollback?.trafficBackAt !== undefined) {
      this.rollbackSettled({ kind: 'rollbackSettled', failures: [message], epoch });
    } else if (status === 'shifting' || status === 'committing' || RAMPING.includes(status)) {
      this.hold({ code: 'trafficMismatch', message });
    }
  }

  /** Goes to a ramp step, by way of people where the plan asks them first. */
  private enter(step: number, evidenceHash = this.situation()): void {
    if (step >= this.ramp.length) {
      this.become('soaking');
      this.next.step = this.ramp.length;
      return;
    }
    if (this.ramp[step]?.approval !== undefined) {
      this.become('awaitingStep');
      this.ask('step', evidenceHash, step);
      return;
    }
    this.shiftTo(step, { fresh: step === 0 });
  }

  /** @param how.because why it had stopped, where people let it go on */
  private shiftTo(step: number, how: { restoring?: boolean; fresh?: boolean; because?: Because } = {}): void {
    if (how.restoring !== true && this.waitsForOpening(step)) {
      this.awaitOpening(step, how);
      return;
    }
    this.become('shifting');
    this.next = { ...this.next, step, parkAt: 0 };
    if (how.restoring === true) {
      this.next.restoring = true;
      this.next.restores = (this.next.restores ?? 0) + 1;
    } else {
      delete this.next.restores;
    }
    if (how.fresh === true) {
      this.next.fresh = true;
      this.next.series += 1;
    }
  }

  /** R48: a lapse that is mended goes back to where it was approved to be; whatever lets more through than that is an advance. */
  private waitsForOpening(step: number): boolean {
    // A split that is being written may be at nothing by the time that this one is.
    const unsure = this.writing || this.next.uncertain === true;
    const { step: at, share } = this.next;
    const from = { step: at, share: unsure ? 0 : share };
    return this.rules.calendar !== undefined && !this.open && raises(this.ramp, from, step);
  }

  private awaitOpening(step: number, { fresh, because }: { fresh?: boolean; because?: Because }): void {
    const { request } = this.next;
    this.become('awaitingOpening');
    const opening: AwaitedOpening = {
      step,
      from: this.next.step,
      ...(fresh === true && { fresh }),
      ...(request !== undefined && { request }),
      ...(because !== undefined && { because }),
    };
    this.next.opening = opening;
  }

  private opensAt(at: string): void {
    const { status, opensAt, opening } = this.next;
    if ((status !== 'awaitingOpening' && status !== 'awaitingCommit') || opensAt === at) return;
    this.next.opensAt = at;
    this.record('opening.awaited', ENGINE, true, undefined, { opensAt: at, calendar: this.rules.calendar });
    const what = opening === undefined ? 'The commit' : `Step ${opening.step + 1}`;
    this.tell('opensAt', 'info', `${what} waits until the calendar ${this.rules.calendar ?? ''} opens, at ${at}.`);
  }

  private opened(closesAt: string | undefined): void {
    const { opening, opensAt } = this.next;
    if (this.next.status !== 'awaitingOpening' || opening === undefined) return;
    if (beforeTheRamp(this.next) && opensAt !== undefined) {
      // The go was given on what was found before the wait: that is looked at once more.
      this.become('preflight');
      if (opening.request?.kind === 'goNoGo') this.next.request = opening.request;
      return;
    }
    this.open = true;
    this.shiftTo(opening.step, opening.fresh === true ? { fresh: true } : {});
    // Kept, so that what closes before it is done waits as it did.
    this.next.opening = opening;
    if (closesAt !== undefined) this.next.notAfter = closesAt;
  }

  /** Nobody new goes to target, and nobody who is there is sent back: it waits for a person where it is. */
  private openingUnknown(message: string): void {
    if (this.next.status !== 'awaitingOpening' && this.next.status !== 'awaitingCommit') return;
    this.hold({ code: 'calendarUnknown', message }, this.next.share);
  }

  private commitNow(notAfter: string | undefined): void {
    const { status, request, step } = this.next;
    if (status !== 'awaitingCommit' || request === undefined || !isGranted(request)) return;
    this.become('committing');
    if (notAfter === undefined) return;
    this.next.notAfter = notAfter;
    this.next.opening = { step, from: step, request };
  }

  /** Its calendar closed before it was done: it waits for the next opening, with what people said yes to. */
  private calendarClosed(): void {
    const { status, opening, share } = this.next;
    if (opening === undefined) return;
    if (status === 'committing') {
      this.become('awaitingCommit');
      if (opening.request !== undefined) this.next.request = opening.request;
    } else if (status === 'shifting') {
      this.become('awaitingOpening');
      // What an attempt before may have written is fenced; a number a day has no share that could be kept.
      const parkAt = perDayOf(this.ramp, opening.from) === null ? share : 0;
      this.next = { ...this.next, opening, step: opening.from, parkAt };
    }
  }

  private shifted(event: Extract<CohortEvent, { kind: 'splitShifted' }>): void {
    const soaking = this.next.step >= this.ramp.length;
    this.next = { ...this.next, epoch: event.epoch, share: event.share };
    this.become(soaking ? 'soaking' : 'watching');
    delete this.next.fresh;
    delete this.next.uncertain;
  }

  private lowered(event: Extract<CohortEvent, { kind: 'splitLowered' }>): void {
    // It may have fallen below where it was to wait; it waits there then.
    const back = event.share <= this.next.parkAt;
    const parkAt = Math.min(this.next.parkAt, event.share);
    this.next = { ...this.next, epoch: event.epoch, share: event.share, parkAt };
    delete this.next.uncertain;
    const { rollback } = this.next;
    if (this.next.status !== 'rollingBack' || rollback === undefined || !back) return;
    this.next.rollback = { ...rollback, trafficBackAt: this.now };
  }

  private watchEnded(end: WatchEnd): void {
    switch (end.kind) {
      case 'stepDone':
        this.stepDone(end.evidenceHash);
        return;
      case 'limitCrossed':
        this.limitCrossed(end);
        return;
      case 'blind':
        this.blind(end);
        return;
      case 'lapsed':
        this.lapsed(end);
        return;
      case 'superseded':
        // Somebody else wrote the split. What it really is, is taken over; going on is for a person.
        this.next = { ...this.next, epoch: end.epoch, share: end.share };
        this.hold({ code: 'trafficMismatch', message: 'The split was changed from outside of this phase.' });
        return;
      case 'notRouted':
        this.next = { ...this.next, epoch: end.epoch, share: end.share };
        this.hold({
          code: 'trafficMismatch',
          message: 'What routes outside does not follow the split, however often it was told: see `handoff routes`.',
        });
        return;
      default:
        unreachable(end);
    }
  }

  private stepDone(evidenceHash: string): void {
    if (this.next.status === 'watching') {
      this.record('step.done', ENGINE, true, undefined, { step: this.next.step, evidence: evidenceHash });
      this.takeOver();
      this.enter(this.next.step + 1, evidenceHash);
    } else if (this.next.status === 'soaking') {
      // Soaked by the version before: the one that is to be committed by is looked at too, for what its soak is longer, if it is.
      if (this.takeOver()) return;
      this.record('soak.done', ENGINE, true, undefined, { evidence: evidenceHash });
      this.become('awaitingCommit');
      this.ask('commit', evidenceHash);
    }
  }

  private limitCrossed(end: Extract<WatchEnd, { kind: 'limitCrossed' }>): void {
    const rule = this.rules.rollbackRules.find((candidate) => candidate.gate === end.gate);
    const by = `gate:${end.gate}`;
    this.record('gate.limitCrossed', by, true, end.message, { gate: end.gate, newestAt: end.newestAt, rule: rule?.id });
    // A gate without a rule cannot be (the plan is refused); if one were, stopping is the safe reading of it.
    if (rule === undefined || rule.action.kind === 'pause') {
      this.pause({ kind: 'pause', actor: by, verified: true, because: { code: 'limitCrossed', message: end.message } });
      return;
    }
    this.rollback({ kind: 'rollback', scope: rule.action.scope, by, verified: true, because: end.message });
  }

  private blind({ gate, verdict, message }: Extract<WatchEnd, { kind: 'blind' }>): void {
    const by = `gate:${gate}`;
    this.record('gate.blind', by, true, message, { gate, verdict });
    this.pause({ kind: 'pause', actor: by, verified: true, because: { code: 'gateBlind', message } });
  }

  private lapsed(end: Extract<WatchEnd, { kind: 'lapsed' }>): void {
    this.next = { ...this.next, epoch: end.epoch, share: end.share };
    const restores = this.next.restores ?? 0;
    this.record('control.lapsed', ENGINE, true, undefined, { lapsedFor: end.lapsedFor, epoch: end.epoch, restores });
    this.tell(
      'controlLapsed',
      'page',
      'Nobody looked after the split for longer than its lease: arrivals went to legacy.',
    );
    if (end.lapsedFor > this.rules.phase.resumeWithin || restores >= MOST_RESTORES) {
      this.holdUnattended();
      return;
    }
    if (RAMPING.includes(this.next.status)) {
      // Raised again by the approval there was; whoever was being asked is asked again on the new epoch's evidence.
      this.shiftTo(this.next.step, { restoring: true });
      return;
    }
    // It was parked at a share, which is gone; what it waits for is not.
    this.next.parkAt = 0;
  }

  private holdUnattended(): void {
    this.hold({
      code: 'unattended',
      message: 'Control was gone for longer than the plan allows; arrivals went to legacy.',
    });
  }

  private hold(because: Because, parkAt = 0): void {
    this.become('held', because);
    this.next.parkAt = parkAt;
    this.ask('goOn', this.situation());
    this.record('held', ENGINE, true, because.message, { code: because.code });
    this.tell('held', 'page', `Held for a person: ${because.message}`);
  }

  private pause(event: Omit<Extract<CohortEvent, { kind: 'pause' }>, 'kind'> & { kind: 'pause' }): void {
    const { status } = this.next;
    if (!isStoppable(this.next)) return;
    const byGate = event.because.code === 'limitCrossed';
    if (status === 'rollingBack') {
      this.pauseRollback(event, byGate);
      return;
    }
    if (status === 'paused' && !(byGate && this.next.parkAt > 0)) return;
    const atRest = RAMPING.includes(status) && !this.writing;
    const keep = this.rules.phase.pause.arrivals === 'keep' && !byGate && atRest;
    this.become('paused', event.because);
    this.next.parkAt = keep ? this.next.share : 0;
    this.ask('goOn', this.situation());
    this.record('paused', event.actor, event.verified, event.reason ?? event.because.message);
    this.tell('paused', 'page', `Paused by ${event.actor}: ${event.because.message}`);
  }

  /** While it goes one step back: it goes there, or on to zero where a pause stops arrivals, and waits paused then. */
  private pauseRollback(event: Extract<CohortEvent, { kind: 'pause' }>, byGate: boolean): void {
    const { because, parkAt, rollback } = this.next;
    // Why it goes back stays: whether evidence is counted anew later hangs on it.
    const { code, message } = because ?? event.because;
    const both: Because = { code, message: because === undefined ? message : `${message} Paused by ${event.actor}.` };
    this.next.pauseAfterRollback = { because: both, step: this.ramp.findIndex(({ share }) => share === parkAt) };
    if (rollback !== undefined && (byGate || this.rules.phase.pause.arrivals === 'stop')) {
      this.next.parkAt = 0;
      this.next.rollback = { ...rollback };
      delete this.next.rollback.trafficBackAt;
    }
    this.record('paused', event.actor, event.verified, event.reason ?? event.because.message);
    this.tell('paused', 'page', `Paused by ${event.actor}: ${event.because.message}`);
  }

  private rollback(event: Extract<CohortEvent, { kind: 'rollback' }>): void {
    if (!canRollBack(this.next, event.scope, event.byHand)) return;
    if (event.scope === 'phase' || event.scope === 'migration') this.spread = event;
    if (beforeTheRamp(this.next)) {
      this.standDown(event);
      return;
    }
    if (this.next.status === 'rollingBack' && this.next.rollback !== undefined && this.next.rollback.scope !== 'step') {
      this.widen(event, this.next.rollback);
      return;
    }
    const id = `${this.rules.phase.id}/${this.next.cohort}/${this.before.revision + 1}`;
    const stepBack = event.scope === 'step' && this.next.share > 0;
    // A stop that goes further already is not undone by one that goes less far.
    const stopped = this.next.status === 'paused' || this.next.status === 'held' ? this.next.parkAt : WHOLE;
    this.become('rollingBack', {
      code: event.by.startsWith('gate:') ? 'limitCrossed' : 'command',
      message: event.because,
    });
    this.next.parkAt = stepBack ? Math.min(stopped, this.shareBefore()) : 0;
    if (this.next.parkAt > 0) this.next.series += 1;
    const shareBefore = this.next.share;
    this.next.rollback = {
      id,
      scope: event.scope,
      ...(event.byHand === true && { byHand: true }),
      by: event.by,
      because: event.because,
      startedAt: this.now,
      shareBefore,
    };
    this.record('rollback.started', event.by, event.verified, event.reason ?? event.because, {
      scope: event.scope,
      rollback: id,
      ...(event.byHand === true && { byHand: true }),
    });
    this.tell('rollingBack', 'page', `Rolling back (${event.scope}) by ${event.by}: ${event.because}`);
  }

  /** This cohort goes all the way back already, and its people by the same list: only how far the others go is new. */
  private widen(event: Extract<CohortEvent, { kind: 'rollback' }>, rollback: RollbackRun): void {
    this.next.rollback = { ...rollback, scope: event.scope };
    this.record('rollback.widened', event.by, event.verified, event.reason ?? event.because, {
      scope: event.scope,
      rollback: rollback.id,
    });
    this.tell('rollingBack', 'page', `Rolling back (${event.scope}) by ${event.by}: ${event.because}`);
  }

  /** It has moved nobody yet: what was approved, or was about to be, is void, and only a new go starts it. */
  private standDown(event: Extract<CohortEvent, { kind: 'rollback' }>): void {
    this.become('notReady', {
      code: event.by.startsWith('gate:') ? 'limitCrossed' : 'command',
      message: event.because,
    });
    this.record('goNoGo.void', event.by, event.verified, event.reason ?? event.because);
    this.tell('approvalVoid', 'info', `The phase was rolled back before this cohort began: ${event.because}`);
  }

  /** The share one step back; what a number a day had as its ceiling cannot be kept, so arrivals go to legacy. */
  private shareBefore(): number {
    const step = Math.min(this.next.step, this.ramp.length - 1) - 1;
    if (step < 0 || this.ramp[step]?.perDay !== undefined) return 0;
    return Math.min(shareOf(this.ramp, step), this.next.share);
  }

  private rollbackSettled({ failures, epoch }: Extract<CohortEvent, { kind: 'rollbackSettled' }>): void {
    const { rollback, because, parkAt, share, pauseAfterRollback: paused } = this.next;
    // One that settled before the split was lowered further says nothing of where it is now.
    if (rollback?.trafficBackAt === undefined || because === undefined) return;
    this.next.epoch = Math.max(this.next.epoch, epoch);
    const settled = { ...rollback, failures: [...failures] };
    this.record('rollback.done', rollback.by, true, rollback.because, { rollback: rollback.id, share, failures });
    if (failures.length > 0)
      this.tell('rollbackIncomplete', 'page', `The rollback left work for people: ${failures.join(' ')}`);
    if (paused !== undefined) {
      this.become('paused', paused.because);
      this.next.step = paused.step;
    } else if (rollback.scope === 'step' && parkAt > 0) {
      const step = this.ramp.findIndex((declared) => declared.share === parkAt);
      this.become('held', because);
      this.next.step = step;
    } else {
      this.become('rolledBack', because);
      this.next.step = -1;
    }
    this.next.rollback = settled;
    this.ask('goOn', this.situation());
    this.tell('rolledBack', 'page', `Rolled back (${rollback.scope}): ${rollback.because}`);
    if (this.next.endAfterRollback === true) this.cancelled();
  }

  private committed(epoch: number): void {
    this.next.epoch = epoch;
    this.become('committed');
    this.record('committed', ENGINE, true);
    this.tell(
      'committed',
      'info',
      'Committed: target has everyone who arrives. Going back from here is a reverse cutover.',
    );
  }

  private approve(actor: string, verified: boolean, reason?: string): void {
    const { request } = this.next;
    if (request === undefined) return;
    const given = [...request.given, { actor, verified, at: this.now }];
    const granted = { ...request, given };
    this.next.request = granted;
    this.record(`${request.kind}.approval`, actor, verified, reason, {
      evidence: request.evidenceHash,
      given: given.length,
      needed: request.needs.count,
    });
    if (isGranted(granted)) this.granted(granted);
  }

  private granted(request: ApprovalRequest): void {
    switch (request.kind) {
      case 'goNoGo':
        // The evidence is taken once more: days may lie between the asking and the last yes.
        this.become('preflight');
        this.next.request = request;
        return;
      case 'step':
        this.shiftTo(request.step ?? 0, { fresh: request.step === 0 });
        return;
      case 'goOn':
        this.goOn();
        return;
      case 'commit':
        // Waits, watched, until every other cohort of the phase is at its end too (commitNow).
        return;
      default:
        unreachable(request.kind);
    }
  }

  private goOn(): void {
    const { status, step } = this.next;
    // People looked at what crossed the limit and let it go on: counted again from here, or it would cross at once.
    const { because } = this.next;
    const fresh = because?.code === 'limitCrossed';
    if (status === 'rolledBack') {
      this.become('preflight');
      this.next = { ...this.next, attempt: this.next.attempt + 1, step: -1, parkAt: 0 };
      delete this.next.rollback;
      return;
    }
    if (step < 0) {
      this.become('preflight');
      return;
    }
    const there = this.next.share === shareOf(this.ramp, step) && this.next.uncertain !== true && !this.writing;
    if (there && !fresh) this.become(step >= this.ramp.length ? 'soaking' : 'watching');
    else
      this.shiftTo(fresh ? this.stepWithBothSides(step) : step, { fresh, ...(because !== undefined && { because }) });
  }

  /** Counted anew at the whole share, there is no legacy to compare with: evidence starts at the last step that leaves some. */
  private stepWithBothSides(step: number): number {
    const leavesSome = (index: number): boolean =>
      shareOf(this.ramp, index) < WHOLE || perDayOf(this.ramp, index) !== null;
    let found = Math.min(step, this.ramp.length - 1);
    while (found > 0 && !leavesSome(found)) found -= 1;
    return found;
  }

  private resume(actor: string, verified: boolean, reason?: string): void {
    if (this.next.status === 'notReady') {
      this.record('preflight.repeated', actor, verified, reason);
      this.become('preflight');
      return;
    }
    if (this.next.request?.kind === 'goOn') this.approve(actor, verified, reason);
  }

  private reject(actor: string, verified: boolean, reason?: string): void {
    const { request, status } = this.next;
    if (request === undefined) return;
    this.record(`${request.kind}.rejected`, actor, verified, reason);
    const because: Because = {
      code: 'rejected',
      message: `${actor} said no${reason === undefined ? '.' : `: ${reason}`}`,
    };
    if (status === 'awaitingGoNoGo' || status === 'preflight') {
      this.become('notReady', because);
    } else if (request.kind === 'goOn') {
      // Why it waits stays: whether evidence is counted anew later hangs on it.
      const { code, message } = this.next.because ?? because;
      // Without what was typed: such a sentence is also shown where nothing is encrypted (I15).
      this.next.because = { code, message: `${message} ${actor} said no.` };
      this.ask('goOn', this.situation());
    } else {
      this.hold(because, this.next.share);
    }
    this.tell('rejected', 'info', because.message);
  }

  private takeOut(actor: string, verified: boolean, action: string, reason?: string): void {
    if (this.next.status === 'committed' || this.next.status === 'committing') return;
    this.become('takenOut', { code: 'command', message: reason ?? 'Ended without a commit.' });
    this.next.parkAt = 0;
    this.record(action, actor, verified, reason);
    this.tell('takenOut', 'page', `Ended without a commit, by ${actor}; arrivals are on legacy.`);
  }

  private cancelled(): void {
    // A rollback under way is carried to its end first: people who are being brought back are not left between two stacks.
    if (this.next.status === 'rollingBack') this.next.endAfterRollback = true;
    else this.takeOut(ENGINE, true, 'cancelled', 'The workflow was cancelled.');
  }

  private escalate(): void {
    const { request } = this.next;
    if (request === undefined || request.escalated || isGranted(request)) return;
    this.next.request = { ...request, escalated: true };
    this.record('approval.escalated', ENGINE, true, undefined, { kind: request.kind });
    this.tell('approvalOverdue', 'page', `Nobody decided in time (${request.kind}); ${people(request)} can.`);
  }

  private ask(kind: ApprovalKind, evidenceHash: string, step?: number): void {
    const { approvals } = this.rules.phase;
    const rule = kind === 'step' ? (step === undefined ? undefined : this.ramp[step]?.approval) : approvals[kind];
    const needs = rule ?? approvals.goNoGo;
    const request: ApprovalRequest = {
      kind,
      ...(step !== undefined && { step }),
      planHash: this.rules.planHash,
      evidenceHash,
      needs: { count: needs.count, roles: needs.roles, fourEyes: needs.fourEyes },
      given: [],
      askedAt: this.now,
      escalateAt: new Date(Date.parse(this.now) + needs.escalateAfter / this.rules.timeScale).toISOString(),
      escalated: false,
    };
    this.next.request = request;
    this.record('approval.asked', ENGINE, true, undefined, { kind, step, evidence: evidenceHash });
    this.tell('approvalNeeded', 'info', `Waits for ${people(request)} (${kind}).`);
  }

  /** Binds a decision to exactly this situation of this cohort: any transition in between makes another. */
  private situation(): string {
    return `${this.rules.planHash.slice(0, 12)}-${this.next.attempt}-${this.before.revision + 1}`;
  }

  /**
   * Goes by the newer version of the plan from here on, if there is one; what people approved for another is void. Called at the end of a step and
   * wherever nothing moves: never while a step is looked at, whose end is decided as it began.
   */
  private takeOver(): boolean {
    const { newer, planHash: from } = this.rules;
    if (newer === undefined) return false;
    this.rules = newer;
    this.ramp = rampOf(newer, this.next.cohort);
    this.next.planHash = newer.planHash;
    const { request } = this.next;
    delete this.next.request;
    this.record('plan.takenOver', ENGINE, true, undefined, { from, to: newer.planHash });
    if (request === undefined) return true;
    const { kind, given } = request;
    this.record(`${kind}.void`, ENGINE, true, 'It was asked for another version of the plan.', { given: given.length });
    if (given.length > 0)
      this.tell(
        'approvalVoid',
        'page',
        'The plan changed after it was approved: what was given is void and asked anew.',
      );
    return true;
  }

  /** Where nothing moves, it goes by the newer version at once, and people are asked anew; else from its next step on. */
  private planChanged(): void {
    const { status, request } = this.next;
    switch (status) {
      case 'awaitingGoNoGo':
        if (this.takeOver()) this.become('preflight');
        return;
      case 'notReady':
        this.takeOver();
        return;
      case 'awaitingStep':
        if (this.takeOver()) this.enter(request?.step ?? this.next.step + 1);
        return;
      case 'awaitingOpening':
        this.planChangedBeforeOpening();
        return;
      case 'awaitingCommit':
        if (this.takeOver()) this.become('soaking');
        return;
      case 'held':
      case 'paused':
      case 'rolledBack':
        if (this.takeOver()) this.ask('goOn', this.situation());
        return;
      case 'preflight':
      case 'shifting':
      case 'watching':
      case 'soaking':
      case 'committing':
      case 'committed':
      case 'rollingBack':
      case 'takenOut':
        return;
      default:
        unreachable(status);
    }
  }

  private planChangedBeforeOpening(): void {
    const { opening } = this.next;
    if (opening === undefined || this.rules.newer === undefined) return;
    if (opening.request !== undefined) this.next.request = opening.request;
    this.takeOver();
    if (opening.because !== undefined) this.hold(opening.because, this.next.share);
    else if (beforeTheRamp(this.next)) this.become('preflight');
    else this.enter(opening.step);
  }

  /** Changes the status; what was waited for, and why, is over with it. */
  private become(status: CohortRun['status'], because?: Because): void {
    // A write under way may still take effect: until a newer epoch is written, the split may be anywhere.
    if (this.writing) this.next.uncertain = true;
    this.next = { ...this.next, status };
    delete this.next.request;
    delete this.next.because;
    delete this.next.opening;
    delete this.next.opensAt;
    delete this.next.notAfter;
    delete this.next.restoring;
    delete this.next.pauseAfterRollback;
    if (because !== undefined) this.next.because = because;
    if (status === 'held' || status === 'paused' || status === 'rolledBack' || status === 'notReady') this.takeOver();
    if (status === 'awaitingGoNoGo') delete this.next.rollback;
  }

  private record(action: string, actor: string, verified: boolean, reason?: string, evidence?: unknown): void {
    this.recorded.push({
      action,
      actor,
      verified,
      ...(reason !== undefined && { reason }),
      ...(evidence !== undefined && { evidence }),
    });
  }

  private tell(kind: string, urgency: Told['urgency'], message: string): void {
    this.told.push({ kind, urgency, message });
  }
}

/** Whether enough people have said yes. */
export function isGranted(request: ApprovalRequest | undefined): boolean {
  return request !== undefined && request.given.length >= request.needs.count;
}

/** From narrow to wide. */
const SCOPES: readonly RollbackScope[] = ['step', 'cohort', 'phase', 'migration'];

/**
 * Whether a rollback can still do something, and nothing is in its way. A narrower one under way is not: the wider one takes over. Once
 * rolled back, those who were left on target can be brought back by hand.
 */
export function canRollBack({ status, rollback }: CohortRun, scope: RollbackScope, byHand = false): boolean {
  if (status === 'rolledBack') return byHand && scope !== 'step';
  if (status !== 'rollingBack') return isUnderWay(status);
  return rollback !== undefined && SCOPES.indexOf(scope) > SCOPES.indexOf(rollback.scope);
}

/** Whether a pause means anything here. */
export function isStoppable({ status, parkAt, pauseAfterRollback }: CohortRun): boolean {
  // One that goes all the way back stops by itself.
  return status === 'rollingBack' ? parkAt > 0 && pauseAfterRollback === undefined : isUnderWay(status);
}

/** Whether anybody is being moved, or soon might be. */
function isUnderWay(status: CohortStatus): boolean {
  switch (status) {
    case 'preflight':
    case 'awaitingGoNoGo':
    case 'awaitingOpening':
    case 'shifting':
    case 'watching':
    case 'soaking':
    case 'awaitingStep':
    case 'awaitingCommit':
    case 'held':
    case 'paused':
      return true;
    case 'notReady':
    case 'rollingBack':
    case 'rolledBack':
    case 'committing':
    case 'committed':
    case 'takenOut':
      return false;
    default:
      return unreachable(status);
  }
}

/** Whether this cohort has not begun to ramp: a rollback of its phase voids what was approved. */
export function beforeTheRamp({ status, step }: CohortRun): boolean {
  return status === 'preflight' || status === 'awaitingGoNoGo' || (status === 'awaitingOpening' && step < 0);
}

/** Whether it was let go, though nobody was moved yet. */
export function goIsGiven({ request, opening }: CohortRun): boolean {
  return isGranted(request) || opening !== undefined;
}

function people(request: ApprovalRequest): string {
  const { count, roles } = request.needs;
  return `${count} of ${roles.join(', ')}`;
}
