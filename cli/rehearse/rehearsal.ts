import { setTimeout as wait } from 'node:timers/promises';
import type { ApprovalKind, CohortRun } from '../../domain/phase/cohort-run';
import { isGranted } from '../../domain/phase/transition';
import type { AuditEntry, AuditPage } from '../../domain/status/audit-page';
import type { ExceptionEntry, ExceptionPage } from '../../domain/status/exception-page';
import type { MigrationStatus } from '../../domain/status/migration-status';
import type { Milliseconds } from '../../domain/time/duration';
import type { SandboxState } from '../../sandbox/control/control-contract';
import { ApiClient } from '../api-client';
import { decideByApi, decideBySignal, STARTER, type Decide } from './people';
import { faultWords } from './planted-fault';
import { rehearsalFailed } from './rehearsal-failure';
import type { RehearsalSetup } from './rehearsal-setup';
import type { RehearsalSystem } from './rehearsal-system';
import { SandboxClient } from './sandbox-client';
import { runsOf, standingWords } from './standing';
import type { Timeline } from './timeline';

const LOOK_EVERY: Milliseconds = 200;

/** What may happen while something is waited for. */
export interface Waiting {
  /** Decisions that people take meanwhile. */
  decide: readonly ApprovalKind[];
  /** Whether a gate may stop it; anything else that stops it fails the rehearsal. */
  mayRollBack?: boolean;
  within: Milliseconds;
}

/** A migration under rehearsal, and what can be done with it. */
export class Rehearsal {
  readonly sandbox: SandboxClient;
  private readonly api: ApiClient;
  private readonly decide: Decide;
  private readonly told = new Map<string, string>();

  constructor(
    readonly setup: RehearsalSetup,
    system: RehearsalSystem,
    readonly timeline: Timeline,
    private readonly signal: AbortSignal,
  ) {
    this.sandbox = new SandboxClient(system.sandboxUrl, signal);
    this.api = new ApiClient({ url: system.apiUrl, token: system.tokens[STARTER] ?? '' }, signal);
    this.decide = setup.bySignal ? decideBySignal(system) : decideByApi(system, signal);
  }

  async start(): Promise<void> {
    const { migration: id, planText: plan, timeScale } = this.setup;
    await this.api.post('/v1/migrations', { plan, id, timeScale });
    this.timeline.note(`${STARTER} started ${id}, time running ${timeScale} times as fast`);
  }

  async letPatientsIn(): Promise<void> {
    await this.sandbox.startRun(this.setup.run);
    this.timeline.note(this.setup.run.kind === 'payment' ? 'patients arrive' : 'the recorded cases begin to arrive');
  }

  async plantFault(): Promise<void> {
    const { fault } = this.setup;
    if (fault === undefined) return;
    const others = (await this.sandbox.state()).faults;
    await this.sandbox.setFaults([...others, fault.fault]);
    this.timeline.note(`broken: ${faultWords(fault)}`);
  }

  /** Takes away this rehearsal's fault, and nobody else's. */
  async repair(): Promise<void> {
    const { faults } = await this.sandbox.state();
    const others = faults.filter((fault) => !('migration' in fault) || fault.migration !== this.setup.migration);
    if (others.length === faults.length) return;
    await this.sandbox.setFaults(others);
    this.timeline.note('repaired');
  }

  status(): Promise<MigrationStatus> {
    return this.api.get(`/v1/migrations/${this.setup.migration}`);
  }

  async exceptions(): Promise<ExceptionEntry[]> {
    const all: ExceptionEntry[] = [];
    let after: string | undefined;
    do {
      const path = `/v1/migrations/${this.setup.migration}/exceptions`;
      const page: ExceptionPage = await this.api.get(path, { limit: 1_000, after });
      all.push(...page.exceptions);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return all;
  }

  async audit(): Promise<AuditEntry[]> {
    const all: AuditEntry[] = [];
    let after: number | undefined = 0;
    do {
      const path = `/v1/migrations/${this.setup.migration}/audit`;
      const page: AuditPage = await this.api.get(path, { limit: 1_000, after });
      all.push(...page.entries);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return all;
  }

  /** Ends what is left of the migration, so that a rehearsal leaves nothing under way. */
  async end(): Promise<void> {
    const { migration, phase } = this.setup;
    if ((await this.status()).state === 'ended') return;
    await this.api.post(`/v1/migrations/${migration}/phases/${phase.id}/abort`, { reason: 'The rehearsal is over.' });
  }

  /** Looks until it holds, telling what changes, while people decide what they may. @throws CliFailure saying what it hung on */
  async until(
    what: string,
    holds: (status: MigrationStatus) => boolean | Promise<boolean>,
    waiting: Waiting,
  ): Promise<MigrationStatus> {
    const giveUpAt = performance.now() + waiting.within;
    for (;;) {
      const status = await this.status();
      const runs = runsOf(status, this.setup.phase.id);
      for (const run of runs) this.tell(run);
      if (await holds(status)) return status;
      for (const run of runs) {
        const stopped = stopOf(run, waiting);
        if (stopped !== undefined) throw rehearsalFailed('rehearsal-stopped', `Waited for ${what}, but ${stopped}`);
        await this.decideOn(status, run, waiting.decide);
      }
      if (performance.now() > giveUpAt) {
        const seen = runs.map((run) => standingWords(run, this.setup.phase.ramp.length)).join(', ');
        throw rehearsalFailed(
          'rehearsal-too-slow',
          `Waited ${Math.round(waiting.within / 1_000)} s for ${what}; last seen: ${seen || 'nothing begun'}.`,
        );
      }
      await wait(LOOK_EVERY, undefined, { signal: this.signal });
    }
  }

  /** Waits for something of the sandbox. @throws CliFailure where it does not come within the time */
  async untilSandbox(
    what: string,
    holds: (state: SandboxState) => boolean,
    within: Milliseconds,
  ): Promise<SandboxState> {
    const giveUpAt = performance.now() + within;
    for (;;) {
      const state = await this.sandbox.state();
      if (holds(state)) return state;
      if (performance.now() > giveUpAt) {
        throw rehearsalFailed('sandbox-too-slow', `Waited ${Math.round(within / 1_000)} s for ${what}.`);
      }
      await wait(LOOK_EVERY, undefined, { signal: this.signal });
    }
  }

  private async decideOn(status: MigrationStatus, run: CohortRun, kinds: readonly ApprovalKind[]): Promise<void> {
    const { request } = run;
    if (request === undefined || !kinds.includes(request.kind) || isGranted(request)) return;
    const { migration, phase } = this.setup;
    const people = await this.decide({ migration, phase: phase.id, startedBy: status.startedBy, run });
    if (people.length === 0) return;
    const how = this.setup.bySignal ? ' by signal' : '';
    this.timeline.note(`${people.join(' and ')} said yes${how} (${request.kind})`);
    // A signal is carried out a moment after it was sent: nobody is to send it twice.
    if (this.setup.bySignal) await wait(1_000, undefined, { signal: this.signal });
  }

  private tell(run: CohortRun): void {
    const words = standingWords(run, this.setup.phase.ramp.length);
    if (this.told.get(run.cohort) === words) return;
    this.told.set(run.cohort, words);
    const cohort = this.setup.phase.cohorts.length > 1 ? `${run.cohort}: ` : '';
    this.timeline.note(`${cohort}${words}`);
  }
}

/** Why a cohort will not come any further by itself; undefined where it will. */
function stopOf(run: CohortRun, { decide, mayRollBack }: Waiting): string | undefined {
  const stopped = ['notReady', 'paused', 'takenOut'].includes(run.status);
  const back = run.status === 'held' || run.status === 'rolledBack';
  const goesOn = mayRollBack === true || decide.includes('goOn');
  return stopped || (back && !goesOn) ? `${run.cohort} is ${standingWords(run, 0)}` : undefined;
}
