import { setTimeout as wait } from 'node:timers/promises';
import type { ApprovalKind } from '../../../domain/phase/cohort-run';
import { isGranted } from '../../../domain/phase/transition';
import type { MigrationStatus } from '../../../domain/status/migration-status';
import type { Milliseconds } from '../../../domain/time/duration';
import { compress } from '../../../domain/time/time-scale';
import type { Agenda } from '../agenda/agenda';
import { decideByApi, decideBySignal, type Decide } from '../people';
import { LOOK_EVERY, type Rehearsal } from '../rehearsal';
import { rehearsalFailed } from '../rehearsal-failure';
import { phaseInPlan, phaseOf, rampOfCohort, standings, standingWords, type Standing } from '../standing';
import type { Scene } from './scene';

/** What may happen while something is waited for. */
export interface Waiting {
  /** Decisions that people take meanwhile, where no scene keeps them from it. */
  decide: readonly ApprovalKind[];
  /** A decision that is left for later all the same. */
  except?: (standing: Standing, all: readonly Standing[]) => boolean;
  /** How long nothing at all may happen. */
  quiet: Milliseconds;
}

/** A step that has been looked at for so much longer than it must is explained. */
const LONG_WATCH: Milliseconds = 6_000;
const TOLD = -1;

/** Looks at a migration again and again: tells what changes, shows it to the scenes, and lets people decide. */
export class Director {
  private readonly decide: Decide;
  private readonly told = new Map<string, string>();
  private readonly watching = new Map<string, Milliseconds>();
  private movedAt = performance.now();

  constructor(
    readonly rehearsal: Rehearsal,
    readonly scenes: readonly Scene[],
    readonly agenda: Agenda,
  ) {
    const { setup, system, signal } = rehearsal;
    this.decide = setup.bySignal ? decideBySignal(system) : decideByApi(system, signal);
  }

  /** Looks until it holds. @throws CliFailure saying what it hung on */
  async until(
    what: string,
    holds: (status: MigrationStatus) => boolean | Promise<boolean>,
    waiting: Waiting,
  ): Promise<MigrationStatus> {
    this.movedAt = performance.now();
    for (;;) {
      const status = await this.look();
      if (await holds(status)) return status;
      const all = standings(status);
      for (const standing of all) {
        const stopped = this.stopOf(standing);
        if (stopped !== undefined) throw rehearsalFailed('rehearsal-stopped', `Waited for ${what}, but ${stopped}`);
      }
      await this.decideAll(status, all, waiting);
      if (performance.now() - this.movedAt > waiting.quiet) throw this.tooSlow(what, all, waiting.quiet);
      await wait(LOOK_EVERY, undefined, { signal: this.rehearsal.signal });
    }
  }

  private async look(): Promise<MigrationStatus> {
    const status = await this.rehearsal.status();
    const now = performance.now();
    for (const standing of standings(status)) {
      this.tell(standing);
      this.tellWait(standing, status, now);
    }
    this.agenda.look(status, now);
    for (const scene of this.scenes) {
      const { over, waitsFor } = scene;
      if (over) continue;
      await scene.look(status);
      if (scene.waitsFor !== waitsFor) this.movedAt = performance.now();
    }
    return status;
  }

  private async decideAll(
    status: MigrationStatus,
    all: readonly Standing[],
    { decide, except }: Waiting,
  ): Promise<void> {
    const asked = all.filter((standing) => {
      const { request } = standing.run;
      if (request === undefined || isGranted(request) || !decide.includes(request.kind)) return false;
      return except?.(standing, all) !== true && this.scenes.every((scene) => scene.lets(standing));
    });
    await Promise.all(asked.map((standing) => this.decideOn(status, standing)));
  }

  private async decideOn(status: MigrationStatus, standing: Standing): Promise<void> {
    const { phase, run } = standing;
    const { request } = run;
    if (request === undefined) return;
    const { migration, bySignal } = this.rehearsal.setup;
    const people = await this.decide({ migration, phase, startedBy: status.startedBy, run });
    if (people.length === 0) return;
    this.movedAt = performance.now();
    const how = bySignal ? ' by signal' : '';
    this.rehearsal.timeline.note(`${people.join(' and ')} said yes${how} (${request.kind})${this.where(standing)}`);
    // A signal is carried out a moment after it was sent: nobody is to send it twice.
    if (bySignal) await wait(1_000, undefined, { signal: this.rehearsal.signal });
  }

  private tell(standing: Standing): void {
    const { phase, run } = standing;
    const words = this.words(standing);
    const key = `${phase}/${run.cohort}`;
    if (this.told.get(key) === words) return;
    this.told.set(key, words);
    this.movedAt = performance.now();
    const where = this.where(standing).trim();
    this.rehearsal.timeline.note(`${where === '' ? '' : `${where}: `}${words}`);
  }

  /** Says once what a step still waits for, where that takes longer than such a step usually does. */
  private tellWait(standing: Standing, status: MigrationStatus, now: Milliseconds): void {
    const { phase, run } = standing;
    const key = `${phase}/${run.cohort}/${run.revision}`;
    if (run.status !== 'watching' && run.status !== 'soaking') return;
    const since = this.watching.get(key) ?? now;
    this.watching.set(key, since);
    const usual = compress(phaseInPlan(this.rehearsal.setup.plan, phase).soak, this.rehearsal.setup.timeScale);
    if (since === TOLD || now - since < usual + LONG_WATCH) return;
    this.watching.set(key, TOLD);
    const gates = phaseOf(status, phase).cohorts.find(({ cohort }) => cohort === run.cohort)?.gates ?? [];
    const waits = gates.filter(({ verdict }) => verdict !== 'pass').map(({ gate, message }) => `${gate}: ${message}`);
    if (waits.length > 0)
      this.rehearsal.timeline.note(`${this.where(standing).trim()} still waits for ${waits.join('; ')}`);
  }

  private words({ phase, run }: Standing): string {
    const { plan } = this.rehearsal.setup;
    return standingWords(run, rampOfCohort(phaseInPlan(plan, phase), run.cohort));
  }

  /** Which cohort of which phase, as far as there are several. */
  private where({ phase, run }: Standing): string {
    const { plan } = this.rehearsal.setup;
    const parts = [
      ...(plan.phases.length > 1 ? [phase] : []),
      ...(phaseInPlan(plan, phase).cohorts.length > 1 ? [run.cohort] : []),
    ];
    return parts.map((part) => ` ${part}`).join('');
  }

  /** Why a cohort will not come any further by itself; undefined where it will, or where a scene stopped it. */
  private stopOf(standing: Standing): string | undefined {
    const { phase, run } = standing;
    const stopped = ['notReady', 'paused', 'held', 'rolledBack', 'takenOut'].includes(run.status);
    if (!stopped || this.scenes.some((scene) => scene.explains(standing)) || this.isLeftOut(standing)) return undefined;
    return `${phase} ${run.cohort} is ${this.words(standing)}`;
  }

  /** Left on legacy by the plan, or by name in a phase before. */
  private isLeftOut({ phase, run }: Standing): boolean {
    if (run.status !== 'takenOut') return false;
    const { phases } = this.rehearsal.setup.plan;
    const index = phases.findIndex(({ id }) => id === phase);
    const left = phases[index]?.cohorts.find(({ id }) => id === run.cohort)?.staysOnLegacy !== undefined;
    const before = phases.slice(0, index).map(({ id }) => id);
    return left || before.some((id) => this.told.get(`${id}/${run.cohort}`)?.startsWith('takenOut') === true);
  }

  private tooSlow(what: string, all: readonly Standing[], quiet: Milliseconds): Error {
    const live = all.filter(({ run }) => run.status !== 'committed' && run.status !== 'takenOut');
    const seen = live.map((standing) => `${standing.phase} ${standing.run.cohort} ${this.words(standing)}`).join(', ');
    const scenes = this.scenes.filter(({ over }) => !over).map(({ id, waitsFor }) => `${id} waits for ${waitsFor}`);
    return rehearsalFailed(
      'rehearsal-too-slow',
      `Waited for ${what}, and nothing happened for ${Math.round(quiet / 1_000)} s; last seen: ${[seen || 'nothing under way', ...scenes].join('; ')}.`,
    );
  }
}
