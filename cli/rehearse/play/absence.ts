import type { MigrationStatus } from '../../../domain/status/migration-status';
import { absenceChecks } from '../checks/absence-checks';
import type { Facts } from '../gather-facts';
import type { Rehearsal } from '../rehearsal';
import type { Check } from '../rehearsal-report';
import type { AbsenceScene } from '../script/script-schema';
import { runsOf, type Standing } from '../standing';
import type { Scene } from './scene';

/** Nobody takes one decision until the plan's own escalation has paged somebody. */
export class Absence implements Scene {
  readonly id: string;
  /** Cohorts that were left waiting. */
  readonly left = new Set<string>();
  private readonly paged = new Set<string>();
  private decided = false;

  constructor(
    readonly scene: AbsenceScene,
    private readonly rehearsal: Rehearsal,
  ) {
    this.id = scene.id;
  }

  get over(): boolean {
    return this.decided;
  }

  get waitsFor(): string {
    const { at, decision } = this.scene;
    if (this.left.size === 0) return `${at.phase} to ask for a decision (${decision})`;
    return this.waiting.length > 0 ? 'somebody to be paged about the decision' : 'people to decide after the page';
  }

  look(status: MigrationStatus): Promise<void> {
    if (this.decided) return Promise.resolve();
    const { timeline } = this.rehearsal;
    const runs = runsOf(status, this.scene.at.phase);
    for (const run of runs) {
      if (!this.isMeant(run.cohort) || run.request?.kind !== this.scene.decision) continue;
      if (!this.left.has(run.cohort)) {
        this.left.add(run.cohort);
        timeline.note(`nobody decides on ${this.scene.at.phase} ${run.cohort} (${this.scene.decision})`);
      }
      if (run.request.escalated && !this.paged.has(run.cohort)) {
        this.paged.add(run.cohort);
        timeline.note(`a page: nobody has decided on ${this.scene.at.phase} ${run.cohort} (${this.scene.decision})`);
      }
    }
    const gone = [...this.left].every((cohort) =>
      runs.some((run) => run.cohort === cohort && run.request?.kind !== this.scene.decision),
    );
    this.decided = this.left.size > 0 && this.waiting.length === 0 && gone;
    return Promise.resolve();
  }

  lets({ phase, run }: Standing): boolean {
    if (phase !== this.scene.at.phase || this.decided || !this.isMeant(run.cohort)) return true;
    return run.request?.kind !== this.scene.decision || run.request.escalated;
  }

  explains(): boolean {
    return false;
  }

  checks(facts: Facts): Check[] {
    return absenceChecks(this.scene, [...this.left], facts);
  }

  private get waiting(): string[] {
    return [...this.left].filter((cohort) => !this.paged.has(cohort));
  }

  private isMeant(cohort: string): boolean {
    return this.scene.at.cohort === undefined || this.scene.at.cohort === cohort;
  }
}
