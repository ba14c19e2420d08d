import type { Actor } from '../phase/actor';
import type { PhaseRules } from '../phase/phase-rules';
import { isGranted, type Recorded, type Told } from '../phase/transition';
import type { Milliseconds } from '../time/duration';
import { unreachable } from '../unreachable';
import { isHeld, type HeldBecause, type MigrationRun, type PlanNeeds } from './migration-run';

/** All that can happen to a migration as a whole. */
export type MigrationEvent =
  | { kind: 'phaseStarted'; phase: string }
  /** @property dwell plan time, in milliseconds; absent after the last phase */
  | { kind: 'phaseCommitted'; phase: string; dwell?: Milliseconds }
  | { kind: 'dwellOver' }
  /** @property hold the number of the hold in Postgres that was set before */
  | { kind: 'pause'; by: string; verified: boolean; reason?: string; hold?: number }
  | { kind: 'rollback'; by: string; verified: boolean; because?: string; reason?: string; hold?: number }
  | { kind: 'resume'; actor: Actor; reason?: string }
  | { kind: 'escalationDue' }
  | { kind: 'planProposed'; planHash: string; actor: Actor; needs: PlanNeeds; reason?: string }
  | { kind: 'planRejected'; actor: Actor; reason?: string }
  /** It cannot be: what stands in its way, one by one. Whatever was proposed of it is void. */
  | { kind: 'planRefused'; planHash: string; actor: Actor; because: readonly string[] }
  /** It goes by the new version already, in Postgres, where that is audited, and by its rules. */
  | { kind: 'planAdopted'; actor: Actor }
  | { kind: 'signalRefused'; signal: string; actor: string; code: string };

/** What a migration goes by: one version of its plan, until people agree on another. */
export interface MigrationRules {
  migration: string;
  planHash: string;
  startedBy: string;
  timeScale: number;
  /** In the plan's order. */
  phases: readonly PhaseRules[];
}

export interface MigrationTransition {
  run: MigrationRun;
  recorded: Recorded[];
  told: Told[];
}

const ENGINE = 'system:migration';

/**
 * What a migration becomes when something happens to it. Pure; an event that no longer fits changes nothing. While it is held, no
 * phase starts and no dwell counts, whatever its phases report (R8, I14).
 * @param now ISO time
 */
export function migrationTransition(
  run: MigrationRun,
  event: MigrationEvent,
  rules: MigrationRules,
  now: string,
): MigrationTransition {
  const step = new Step(run, rules, now);
  step.apply(event);
  return step.result();
}

class Step {
  private readonly recorded: Recorded[] = [];
  private readonly told: Told[] = [];
  private next: MigrationRun;

  constructor(
    private readonly before: MigrationRun,
    private readonly rules: MigrationRules,
    private readonly now: string,
  ) {
    this.next = { ...before };
  }

  result(): MigrationTransition {
    const changed = JSON.stringify(this.next) !== JSON.stringify(this.before);
    const run = changed ? { ...this.next, revision: this.before.revision + 1, changedAt: this.now } : this.before;
    return { run, recorded: this.recorded, told: this.told };
  }

  apply(event: MigrationEvent): void {
    switch (event.kind) {
      case 'phaseStarted':
        this.next = { ...this.next, phase: event.phase, dwellUntil: null, dwellLeft: null };
        this.record('migration.phaseStarted', ENGINE, true, undefined, { phase: event.phase });
        return;
      case 'phaseCommitted':
        this.phaseCommitted(event);
        return;
      case 'dwellOver':
        if (this.next.status !== 'dwelling') return;
        this.next = { ...this.next, status: 'running', dwellUntil: null };
        this.record('migration.dwellOver', ENGINE, true, undefined, { phase: this.next.phase });
        return;
      case 'pause':
        this.pause(event);
        return;
      case 'rollback':
        this.rollback(event);
        return;
      case 'resume':
        this.resume(event.actor, event.reason);
        return;
      case 'escalationDue':
        this.escalate();
        return;
      case 'planProposed':
        this.planProposed(event);
        return;
      case 'planRejected':
        this.planRejected(event.actor, event.reason);
        return;
      case 'planRefused':
        this.planRefused(event);
        return;
      case 'planAdopted':
        this.planAdopted(event.actor);
        return;
      case 'signalRefused':
        this.record(`signal.refused.${event.signal}`, event.actor, false, `The signal did not count: ${event.code}.`);
        return;
      default:
        unreachable(event);
    }
  }

  private phaseCommitted({ phase, dwell }: Extract<MigrationEvent, { kind: 'phaseCommitted' }>): void {
    this.next.phase = phase;
    if (dwell === undefined) return;
    const left = dwell / this.rules.timeScale;
    if (isHeld(this.next)) {
      this.next.dwellLeft = left;
      return;
    }
    this.next = { ...this.next, status: 'dwelling', dwellUntil: this.after(left) };
    this.record('migration.dwelling', ENGINE, true, undefined, { phase, until: this.next.dwellUntil });
  }

  private pause({ by, verified, reason, hold }: Extract<MigrationEvent, { kind: 'pause' }>): void {
    this.hear(hold);
    const message = reason ?? `Paused by ${by}.`;
    this.record('migration.paused', by, verified, message);
    if (isHeld(this.next)) {
      this.askAnew({ by, verified, message });
      return;
    }
    // What a phase was stable for stays counted: the rest of its dwell is waited for when the migration goes on.
    this.hold('paused', { by, verified, message }, this.dwellRest());
    this.tell('migrationPaused', `The migration was paused by ${by}: ${message} No phase starts until it is resumed.`);
  }

  private rollback({ by, verified, because, reason, hold }: Extract<MigrationEvent, { kind: 'rollback' }>): void {
    this.hear(hold);
    const message = reason ?? because ?? `Rolled back by ${by}.`;
    this.record('migration.rolledBack', by, verified, message);
    if (this.next.status === 'rolledBack') {
      this.askAnew({ by, verified, message });
      return;
    }
    // Whatever was seen of its stability is in doubt: a dwell is counted anew.
    this.hold('rolledBack', { by, verified, message }, this.dwellAnew());
    this.tell(
      'migrationRolledBack',
      `The migration was rolled back by ${by}: ${message} What is committed stays; no other phase starts until it is resumed.`,
    );
  }

  private hear(hold = 0): void {
    this.next.heard = Math.max(this.next.heard, hold);
  }

  /** Stopped once more while it was held: whoever said yes to going on did not know of that. */
  private askAnew(because: HeldBecause): void {
    const { status, dwellLeft, request } = this.next;
    if (status !== 'paused' && status !== 'rolledBack') return;
    const given = request?.given.length ?? 0;
    this.hold(status, because, dwellLeft);
    if (given === 0) return;
    const { by, message } = because;
    this.record('migration.goOn.void', ENGINE, true, undefined, { given });
    this.tell(
      'migrationStoppedAgain',
      `The migration was stopped again by ${by}: ${message} What was given to let it go on counts no more.`,
    );
  }

  private hold(
    status: 'paused' | 'rolledBack',
    because: MigrationRun['because'],
    dwellLeft: Milliseconds | null,
  ): void {
    this.next = { ...this.next, status, dwellUntil: null, dwellLeft, ...(because && { because }) };
    const needs = this.phaseRules()?.phase.approvals.goOn;
    if (needs === undefined) return;
    const { count, roles, fourEyes, escalateAfter } = needs;
    this.next.request = {
      kind: 'goOn',
      planHash: this.rules.planHash,
      evidenceHash: `${this.rules.planHash.slice(0, 12)}-migration-${this.before.revision + 1}`,
      needs: { count, roles, fourEyes },
      given: [],
      askedAt: this.now,
      escalateAt: this.after(escalateAfter / this.rules.timeScale),
      escalated: false,
    };
  }

  private resume({ id, verified }: Actor, reason: string | undefined): void {
    const { request } = this.next;
    if (request === undefined) return;
    const given = [...request.given, { actor: id, verified, at: this.now }];
    this.next.request = { ...request, given };
    this.record('migration.goOn.approval', id, verified, reason, { given: given.length, needed: request.needs.count });
    if (!isGranted(this.next.request)) return;
    const { dwellLeft } = this.next;
    const dwelling = dwellLeft !== null;
    const dwellUntil = dwelling ? this.after(dwellLeft) : null;
    this.next = { ...this.next, status: dwelling ? 'dwelling' : 'running', dwellUntil, dwellLeft: null };
    delete this.next.request;
    delete this.next.because;
    this.record('migration.resumed', id, verified, reason, { dwellUntil });
    this.told.push({
      kind: 'migrationResumed',
      urgency: 'info',
      message: `The migration goes on, by ${id}. Cohorts that were stopped with it wait for decisions of their own.`,
    });
  }

  private planProposed(event: Extract<MigrationEvent, { kind: 'planProposed' }>): void {
    const { planHash, actor, needs, reason } = event;
    const { proposal: before } = this.next;
    const from = this.rules.planHash;
    this.next.proposal = { planHash, from, by: actor.id, at: this.now, needs };
    const replaces = before === undefined ? {} : { replaces: before.planHash };
    this.record('plan.proposed', actor.id, actor.verified, reason, { from, to: planHash, needs, ...replaces });
    const who = `1 of ${needs.roles.join(', ')}${needs.fourEyes ? ', another person than who proposed it' : ''}`;
    this.told.push({
      kind: 'planProposed',
      urgency: 'info',
      message: `${actor.id} proposed another version of the plan (${planHash.slice(0, 12)}). It waits for ${who}.`,
    });
  }

  private planRejected({ id, verified }: Actor, reason: string | undefined): void {
    const { proposal } = this.next;
    if (proposal === undefined) return;
    delete this.next.proposal;
    this.record('plan.rejected', id, verified, reason, { from: proposal.from, to: proposal.planHash });
  }

  private planRefused(event: Extract<MigrationEvent, { kind: 'planRefused' }>): void {
    const { planHash, actor, because } = event;
    if (this.next.proposal?.planHash === planHash) delete this.next.proposal;
    const evidence = { from: this.rules.planHash, to: planHash, because };
    this.record(
      'plan.refused',
      actor.id,
      actor.verified,
      'The plan cannot change like this while it is under way.',
      evidence,
    );
  }

  private planAdopted({ id }: Actor): void {
    const { proposal, planVersion = 1, status, because, dwellLeft, request } = this.next;
    if (proposal === undefined) return;
    delete this.next.proposal;
    this.next.planVersion = planVersion + 1;
    const { planHash: to, by: proposedBy } = proposal;
    this.told.push({
      kind: 'planAdopted',
      urgency: 'info',
      message: `The migration goes by another version of the plan (${to.slice(0, 12)}), proposed by ${proposedBy}, approved by ${id}. Decisions that waited are asked anew.`,
    });
    if (request === undefined || (status !== 'paused' && status !== 'rolledBack')) return;
    this.record('migration.goOn.void', ENGINE, true, 'It was asked for another version of the plan.', {
      given: request.given.length,
    });
    this.hold(status, because, dwellLeft);
  }

  private escalate(): void {
    const { request } = this.next;
    if (request === undefined || request.escalated) return;
    this.next.request = { ...request, escalated: true };
    this.record('approval.escalated', ENGINE, true, undefined, { kind: 'goOn' });
    const { count, roles } = request.needs;
    this.tell(
      'approvalOverdue',
      `Nobody decided in time whether the migration goes on; ${count} of ${roles.join(', ')} can.`,
    );
  }

  /** What is left of the dwell under way, or of the one that was held before. */
  private dwellRest(): Milliseconds | null {
    const { dwellUntil, dwellLeft } = this.next;
    return dwellUntil === null ? dwellLeft : Math.max(0, Date.parse(dwellUntil) - Date.parse(this.now));
  }

  private dwellAnew(): Milliseconds | null {
    if (this.dwellRest() === null) return null;
    return (this.phaseRules()?.phase.dwell ?? 0) / this.rules.timeScale;
  }

  /** The phase that people decide about: the one under way, the last one, or the first. */
  private phaseRules(): PhaseRules | undefined {
    const { phases } = this.rules;
    return phases.find(({ phase }) => phase.id === this.next.phase) ?? phases[0];
  }

  private after(wait: Milliseconds): string {
    return new Date(Date.parse(this.now) + wait).toISOString();
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

  private tell(kind: string, message: string): void {
    this.told.push({ kind, urgency: 'page', message });
  }
}
