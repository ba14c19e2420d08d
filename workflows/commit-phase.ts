import { isCancellation } from '@temporalio/workflow';
import { hasEnded } from '../domain/phase/cohort-run';
import type { PhaseRules } from '../domain/phase/phase-rules';
import { isGranted } from '../domain/phase/transition';
import type { CohortRunner } from './cohort-runner';
import { untilOpen, whyNotKnown } from './until-open';

/**
 * Commits a phase as a whole: when each cohort was approved to, or was taken out by name; and in the open hours of its calendar, where it has one (R48),
 * also where one of them is stopped while that is closed.
 */
export class PhaseCommit {
  private waiting = false;

  constructor(
    private readonly cohorts: readonly CohortRunner[],
    private readonly rules: () => PhaseRules,
  ) {}

  /** Called whenever a cohort changed. */
  look(): void {
    if (this.waiting || this.ready().length === 0) return;
    if (this.rules().calendar === undefined) {
      for (const cohort of this.ready()) cohort.apply({ kind: 'commitNow' });
      return;
    }
    this.waiting = true;
    void this.commitWhenOpen();
  }

  private async commitWhenOpen(): Promise<void> {
    const rules = this.rules();
    const isOver = (): boolean => this.rules().planHash !== rules.planHash || this.ready().length === 0;
    try {
      const open = await untilOpen(rules, isOver, (at) => {
        for (const cohort of this.ready()) cohort.apply({ kind: 'opensAt', at });
      });
      if (open !== undefined) {
        const { closesAt } = open;
        const by = closesAt === undefined ? {} : { notAfter: closesAt };
        for (const cohort of this.ready()) cohort.apply({ kind: 'commitNow', ...by });
      }
    } catch (error) {
      // A cancelled phase takes its cohorts out by itself, and waits for no calendar any more.
      if (isCancellation(error)) return;
      const message = whyNotKnown(error);
      for (const cohort of this.ready()) cohort.apply({ kind: 'openingUnknown', message });
    }
    this.waiting = false;
    // They may have become ready anew, by another version of the plan, before this was over.
    this.look();
  }

  /**
   * Those that commit now: none for as long as another of the phase is on its way, nor by what people said to another version of the plan, which
   * some cohorts may have taken in already and others not yet.
   */
  private ready(): readonly CohortRunner[] {
    const { planHash } = this.rules();
    const ready = this.cohorts.filter(
      ({ run }) => run.status === 'awaitingCommit' && isGranted(run.request) && run.request?.planHash === planHash,
    );
    const others = this.cohorts.filter((cohort) => !ready.includes(cohort));
    return others.every(({ run }) => run.status === 'committing' || hasEnded(run)) ? ready : [];
  }
}
