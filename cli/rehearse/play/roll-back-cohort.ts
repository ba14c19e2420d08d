import type { MigrationStatus, SplitStanding } from '../../../domain/status/migration-status';
import { rollBackChecks } from '../checks/roll-back-checks';
import type { Facts } from '../gather-facts';
import { personWith, sendSignal } from '../people';
import type { Rehearsal } from '../rehearsal';
import type { Check } from '../rehearsal-report';
import type { RollBackScene } from '../script/script-schema';
import { phaseInPlan, phaseOf, runsOf, type Standing } from '../standing';
import { momentHas, type Scene } from './scene';

/** Roles that may pause and roll back alone. */
const ON_CALL = ['engineer'];

/** What the other cohorts had when one was rolled back. */
export interface OthersBefore {
  cohort: string;
  split: SplitStanding | null;
  onTarget: number;
}

/** A person rolls one cohort back; the others go on (I9). */
export class RollBackCohort implements Scene {
  readonly id: string;
  /** ISO texts. */
  sentAt?: string;
  backAt?: string;
  readonly by: string;
  others: OthersBefore[] = [];
  private state: 'before' | 'sent' | 'back' | 'out' | 'over' = 'before';

  constructor(
    readonly scene: RollBackScene,
    private readonly rehearsal: Rehearsal,
  ) {
    this.id = scene.id;
    this.by = personWith(ON_CALL);
  }

  get over(): boolean {
    return this.state === 'over';
  }

  get waitsFor(): string {
    const { cohort, phase } = this.scene.at;
    switch (this.state) {
      case 'before':
        return `the step of ${phase} ${cohort} at which it is rolled back`;
      case 'sent':
        return `${cohort} to be rolled back`;
      case 'back':
      case 'out':
        return `${cohort} to be taken out`;
      case 'over':
        return 'nothing';
    }
  }

  async look(status: MigrationStatus): Promise<void> {
    const { at, then } = this.scene;
    const run = runsOf(status, at.phase).find(({ cohort }) => cohort === at.cohort);
    if (this.state === 'before') {
      if (momentHas(at, phaseInPlan(this.rehearsal.setup.plan, at.phase), status) !== undefined) await this.rollBack();
    } else if (this.state === 'sent' && run?.status === 'rolledBack') {
      this.backAt = new Date().toISOString();
      this.state = 'back';
      if (then === 'takeOut') await this.takeOut();
      else this.state = 'over';
    } else if (this.state === 'out' && run?.status === 'takenOut') {
      this.state = 'over';
    }
  }

  lets({ phase, run }: Standing): boolean {
    const mine = phase === this.scene.at.phase && run.cohort === this.scene.at.cohort;
    return !mine || this.state === 'before' || (this.state === 'over' && this.scene.then === 'goOn');
  }

  explains({ phase, run }: Standing): boolean {
    return phase === this.scene.at.phase && run.cohort === this.scene.at.cohort && this.state !== 'before';
  }

  checks(facts: Facts): Check[] {
    return rollBackChecks(this, facts, this.rehearsal.setup);
  }

  private async rollBack(): Promise<void> {
    const { at, by, reason } = this.scene;
    const { setup, system, timeline } = this.rehearsal;
    const { cohorts } = phaseOf(await this.rehearsal.status(), at.phase);
    this.others = cohorts
      .filter(({ cohort }) => cohort !== at.cohort)
      .map(({ cohort, split, placements }) => ({ cohort, split, onTarget: placements.target }));
    this.sentAt = new Date().toISOString();
    this.state = 'sent';
    const command = { cohort: at.cohort, scope: 'cohort', reason } as const;
    if (by === 'signal') {
      await sendSignal(system, { migration: setup.migration, phase: at.phase }, 'rollback', {
        actor: this.by,
        ...command,
      });
    } else {
      await this.rehearsal.command(this.by, at.phase, 'rollback', command);
    }
    const how = by === 'signal' ? 'with `temporal workflow signal`' : 'through the API';
    timeline.note(`${this.by} rolls back ${at.phase} ${at.cohort} ${how}`);
  }

  private async takeOut(): Promise<void> {
    const { at, reason } = this.scene;
    const who = personWith(['release-manager']);
    await this.rehearsal.command(who, at.phase, 'abort', { cohort: at.cohort, reason });
    this.state = 'out';
    this.rehearsal.timeline.note(`${who} takes ${at.cohort} out of ${at.phase}; the others go on`);
  }
}
