import type { Actor } from '../../../domain/phase/actor';
import type { CohortEvent } from '../../../domain/phase/cohort-event';
import { newCohortRun, type CohortRun } from '../../../domain/phase/cohort-run';
import type { PhaseRules } from '../../../domain/phase/phase-rules';
import type { RollbackScope } from '../../../domain/plan/plan-schema';
import { transition, type Recorded, type Told } from '../../../domain/phase/transition';
import { workFor, type Work } from '../../../domain/phase/work';

const NOW = '2026-03-02T09:00:00.000Z';

/** A cohort's story as a test tells it: what happened, and where that leaves it. */
export class Story {
  run: CohortRun;
  readonly recorded: Recorded[] = [];
  readonly told: Told[] = [];
  readonly spread: CohortEvent[] = [];
  private epoch = 1;

  constructor(public rules: PhaseRules) {
    this.run = { ...newCohortRun('everyone-else', NOW), epoch: 1 };
  }

  get work(): Work {
    return workFor(this.run, this.rules);
  }

  happens(event: CohortEvent): this {
    const next = transition(this.run, event, this.rules, NOW);
    this.run = next.run;
    if (next.rules !== undefined) this.rules = next.rules;
    this.recorded.push(...next.recorded);
    this.told.push(...next.told);
    if (next.spread !== undefined) this.spread.push(next.spread);
    return this;
  }

  /** People agreed on another version of the plan. */
  changesPlan(newer: PhaseRules): this {
    this.rules = { ...this.rules, newer };
    return this.happens({ kind: 'planChanged' });
  }

  preflight(evidenceHash = 'evidence', failures: string[] = []): this {
    this.epoch = Math.max(this.epoch, this.run.epoch) + 1;
    return this.happens({
      kind: 'preflightDone',
      ok: failures.length === 0,
      failures,
      evidenceHash,
      epoch: this.epoch,
    });
  }

  /** What the traffic activities would answer to the work at hand. */
  trafficDone(): this {
    const { work } = this;
    this.epoch = Math.max(this.epoch, this.run.epoch) + 1;
    if (work.kind === 'shift') return this.happens({ kind: 'splitShifted', epoch: this.epoch, share: work.share });
    if (work.kind === 'lower') return this.happens({ kind: 'splitLowered', epoch: this.epoch, share: work.share });
    throw new Error(`The cohort does not move traffic now: ${work.kind}.`);
  }

  approvedBy(...ids: string[]): this {
    for (const id of ids) this.happens({ kind: 'approve', actor: person(id) });
    return this;
  }

  stepDone(): this {
    return this.happens({ kind: 'watchEnded', end: { kind: 'stepDone', evidenceHash: 'gates' } });
  }

  limitCrossed(gate = 'routing-floor'): this {
    const end = { kind: 'limitCrossed' as const, gate, message: `${gate}: kept 0.4 < 0.9 (n=20)`, newestAt: NOW };
    return this.happens({ kind: 'watchEnded', end });
  }

  rolledBackBy(id: string, scope: RollbackScope = 'phase'): this {
    return this.happens({ kind: 'rollback', scope, by: id, verified: true, because: 'doubt' });
  }

  settled(...failures: string[]): this {
    this.epoch = Math.max(this.epoch, this.run.epoch) + 1;
    return this.happens({ kind: 'rollbackSettled', failures, epoch: this.epoch });
  }

  /** At the first step, with two approvals given and the evidence confirmed. */
  static atFirstStep(rules: PhaseRules): Story {
    return new Story(rules).preflight().approvedBy('one', 'two').preflight().trafficDone();
  }

  /** Soaked, waiting for the commit. */
  static soaked(rules: PhaseRules): Story {
    const story = Story.atFirstStep(rules);
    while (story.run.status !== 'awaitingCommit') {
      if (story.run.status === 'awaitingStep') story.approvedBy('one');
      else if (story.run.status === 'shifting') story.trafficDone();
      else story.stepDone();
    }
    return story;
  }
}

export function person(id: string): Actor {
  return { id, roles: ['release-manager', 'engineer'], verified: true };
}
