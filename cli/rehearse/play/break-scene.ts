import type { MigrationStatus } from '../../../domain/status/migration-status';
import type { Milliseconds } from '../../../domain/time/duration';
import { compress } from '../../../domain/time/time-scale';
import type { Facts } from '../gather-facts';
import { faultWords, plantedFault, type PlantedFault } from '../planted-fault';
import type { Rehearsal } from '../rehearsal';
import { rehearsalFailed } from '../rehearsal-failure';
import type { Check } from '../rehearsal-report';
import type { PlayedBreak } from '../rehearsal-setup';
import { phaseInPlan, phaseOf, runsOf, type Standing } from '../standing';
import { breakChecks } from '../checks/break-checks';
import { momentHas, type Scene } from './scene';

/** Target breaks; its gate rolls back; it is mended; everyone who was lost has an exception; people may go on. */
export class BreakTarget implements Scene {
  readonly id: string;
  readonly planted: PlantedFault;
  /** When it was broken and mended, ISO texts. */
  brokenAt?: string;
  mendedAt?: string;
  /** How many were on target when it was rolled back, and when all exceptions were open. */
  onTarget: { back?: number; later?: number } = {};
  private state: 'whole' | 'broken' | 'back' | 'over' = 'whole';

  constructor(
    readonly scene: PlayedBreak,
    private readonly rehearsal: Rehearsal,
  ) {
    this.id = scene.id;
    const { plan, migration } = rehearsal.setup;
    this.planted = plantedFault({ kind: scene.how, handoff: scene.handoff }, plan, migration);
  }

  get over(): boolean {
    return this.state === 'over';
  }

  get waitsFor(): string {
    const { at, casesOnTarget } = this.scene;
    switch (this.state) {
      case 'whole':
        return `${casesOnTarget === undefined ? '' : `${casesOnTarget} cases on target, `}the step of ${at.phase} at which it breaks`;
      case 'broken':
        return 'the gate to roll back';
      case 'back':
        return 'an exception for each patient who was lost';
      case 'over':
        return 'nothing';
    }
  }

  async look(status: MigrationStatus): Promise<void> {
    if (this.state === 'whole' && (await this.isMoment(status))) {
      await this.rehearsal.addFault(this.planted.fault);
      this.brokenAt = new Date().toISOString();
      this.state = 'broken';
      this.note(`broken: ${faultWords(this.planted)}`);
    } else if (this.state === 'broken' && this.isRolledBack(status)) {
      await this.rehearsal.repair();
      this.mendedAt = new Date().toISOString();
      this.onTarget.back = this.placedOnTarget(await this.rehearsal.status());
      this.state = 'back';
      this.note('repaired');
    } else if (this.state === 'back' && (await this.allHaveExceptions())) {
      this.onTarget.later = this.placedOnTarget(await this.rehearsal.status());
      this.state = 'over';
    }
  }

  /** While it is broken, steps go on until the gate sees it; nobody lets it go on before it is mended and counted. */
  lets({ phase, run: { request } }: Standing): boolean {
    if (phase !== this.scene.at.phase) return true;
    if (this.state === 'broken') return request?.kind !== 'goOn';
    if (this.state === 'back') return false;
    return this.state !== 'over' || this.scene.goesOn;
  }

  explains({ phase, run }: Standing): boolean {
    if (phase !== this.scene.at.phase || this.state === 'whole') return false;
    return run.because?.code === 'limitCrossed' || run.status === 'rolledBack' || run.status === 'notReady';
  }

  checks(facts: Facts): Check[] {
    return breakChecks(this, facts, this.rehearsal.setup);
  }

  private async isMoment(status: MigrationStatus): Promise<boolean> {
    const { plan, migration } = this.rehearsal.setup;
    const { at, casesOnTarget } = this.scene;
    if (casesOnTarget !== undefined) {
      const { runs } = await this.rehearsal.sandbox.state();
      const run = runs.find((each) => each.migration === migration);
      // Nobody has been let in yet.
      if (run === undefined) return false;
      const { target } = run.patients.bySide;
      if (target < casesOnTarget) {
        if (run.status === 'finished' || run.status === 'failed') throw tooFewCases(target, casesOnTarget);
        return false;
      }
    }
    return momentHas(at, phaseInPlan(plan, at.phase), status) !== undefined;
  }

  private isRolledBack(status: MigrationStatus): boolean {
    const runs = runsOf(status, this.scene.at.phase);
    const back = runs.some(
      (run) => run.status === 'rolledBack' || (run.status === 'held' && run.because?.code === 'limitCrossed'),
    );
    return back && runs.every((run) => run.status !== 'rollingBack');
  }

  /** Where work was only late, whoever is missed recovers: nothing is counted. */
  private async allHaveExceptions(): Promise<boolean> {
    if (this.planted.kind === 'slow') return true;
    const [exceptions, dropped] = [await this.rehearsal.exceptions(), await this.rehearsal.dropped()];
    const open = exceptions.filter(({ handoff }) => handoff === this.planted.handoff.id);
    if (open.length < new Set(dropped.map(({ journey }) => journey)).size && !this.isRecorded) return false;
    if (this.isRecorded && open.length < dropped.length && !this.isFinal()) return false;
    this.note(`${open.length} exceptions open, each with an owner`);
    return true;
  }

  private get isRecorded(): boolean {
    return this.rehearsal.setup.run.kind === 'recorded';
  }

  /** In a log some of those who lost the handoff are released from it later: then not everyone gets one. */
  private isFinal(): boolean {
    const { plan, timeScale } = this.rehearsal.setup;
    const { within, lateness = plan.lateness } = this.planted.handoff;
    const since: Milliseconds = Date.now() - Date.parse(this.mendedAt ?? '');
    return since > compress(within + lateness, timeScale) + 2_000;
  }

  private placedOnTarget(status: MigrationStatus): number {
    return phaseOf(status, this.scene.at.phase).cohorts.reduce((sum, { placements }) => sum + placements.target, 0);
  }

  private note(text: string): void {
    this.rehearsal.timeline.note(text);
  }
}

function tooFewCases(onTarget: number, needed: number): Error {
  return rehearsalFailed(
    'too-few-cases',
    `The log ended with ${onTarget} cases on target, and ${needed} are needed before anything is broken. Play more --days of it, or plan a faster ramp.`,
  );
}
