import { setTimeout as wait } from 'node:timers/promises';
import type { AuditEntry, AuditPage } from '../../domain/status/audit-page';
import type { ExceptionEntry, ExceptionPage } from '../../domain/status/exception-page';
import type { MigrationStatus } from '../../domain/status/migration-status';
import type { Milliseconds } from '../../domain/time/duration';
import type { SandboxState } from '../../sandbox/control/control-contract';
import type { DroppedEvent } from '../../sandbox/events/event-tally';
import type { Fault } from '../../sandbox/stacks/fault';
import { ApiClient } from '../api-client';
import { CliFailure } from '../cli-failure';
import { STARTER } from './people';
import { rehearsalFailed } from './rehearsal-failure';
import type { RehearsalSetup } from './rehearsal-setup';
import type { RehearsalSystem } from './rehearsal-system';
import { SandboxClient } from './sandbox-client';
import type { Timeline } from './timeline';

export const LOOK_EVERY: Milliseconds = 200;

/** A cohort may be between two states when it is told to end; then once more. */
const ENDS_WITHIN: Milliseconds = 20_000;

/** A migration under rehearsal, and what can be done with it. */
export class Rehearsal {
  readonly sandbox: SandboxClient;

  constructor(
    readonly setup: RehearsalSetup,
    readonly system: RehearsalSystem,
    readonly timeline: Timeline,
    readonly signal: AbortSignal,
  ) {
    this.sandbox = new SandboxClient(system.sandboxUrl, signal);
  }

  /** The API as one actor. */
  as(actor: string): ApiClient {
    return new ApiClient({ url: this.system.apiUrl, token: this.system.tokens[actor] ?? '' }, this.signal);
  }

  async start(): Promise<void> {
    const { migration: id, planText: plan, timeScale } = this.setup;
    await this.as(STARTER).post('/v1/migrations', { plan, id, timeScale });
    this.timeline.note(`${STARTER} started ${id}, time running ${timeScale} times as fast`);
  }

  async letPatientsIn(): Promise<void> {
    await this.sandbox.startRun(this.setup.run);
    const { kind } = this.setup.run;
    this.timeline.note(kind === 'recorded' ? 'the recorded cases begin to arrive' : 'patients arrive');
  }

  async addFault(fault: Fault): Promise<void> {
    await this.sandbox.setFaults([...(await this.sandbox.state()).faults, fault]);
  }

  /** Takes away this rehearsal's faults, and nobody else's. Gives whether there were any. */
  async repair(): Promise<boolean> {
    const { faults } = await this.sandbox.state();
    const others = faults.filter((fault) => !('migration' in fault) || fault.migration !== this.setup.migration);
    if (others.length === faults.length) return false;
    await this.sandbox.setFaults(others);
    return true;
  }

  status(): Promise<MigrationStatus> {
    return this.as(STARTER).get(`/v1/migrations/${this.setup.migration}`);
  }

  async exceptions(): Promise<ExceptionEntry[]> {
    const all: ExceptionEntry[] = [];
    let after: string | undefined;
    do {
      const path = `/v1/migrations/${this.setup.migration}/exceptions`;
      const page: ExceptionPage = await this.as(STARTER).get(path, { limit: 1_000, after });
      all.push(...page.exceptions);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return all;
  }

  /** The events that faults took, of both stacks. */
  async dropped(): Promise<DroppedEvent[]> {
    const { legacy, target } = await this.sandbox.dropped(this.setup.migration);
    return [...legacy, ...target];
  }

  async audit(): Promise<AuditEntry[]> {
    const all: AuditEntry[] = [];
    let after: number | undefined = 0;
    do {
      const path = `/v1/migrations/${this.setup.migration}/audit`;
      const page: AuditPage = await this.as(STARTER).get(path, { limit: 1_000, after });
      all.push(...page.entries);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return all;
  }

  /** Gives a phase a command through the API, as a person. */
  async command(actor: string, phase: string, name: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    await this.as(actor).post(`/v1/migrations/${this.setup.migration}/phases/${phase}/${name}`, body);
  }

  /** Ends what is left of the migration, phase by phase as they come up, so that a rehearsal leaves nothing under way. */
  async end(): Promise<void> {
    const giveUpAt = performance.now() + ENDS_WITHIN;
    while (performance.now() < giveUpAt) {
      const status = await this.status();
      if (status.state === 'ended') return;
      for (const { phase, cohorts } of status.phases) {
        const live = cohorts.some(({ run }) => run !== null && run.status !== 'committed' && run.status !== 'takenOut');
        if (!live) continue;
        await this.command(STARTER, phase, 'abort', { reason: 'The rehearsal is over.' }).catch((error: unknown) => {
          if (!(error instanceof CliFailure)) throw error;
        });
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
}
