import { isCancellation } from '@temporalio/workflow';
import { hasEnded } from '../domain/phase/cohort-run';
import type { PhaseRules } from '../domain/phase/phase-rules';
import { isGranted } from '../domain/phase/transition';
import type { CohortRunner } from './cohort-runner';
import { untilOpen, whyNotKnown } from './until-open';

/** A phase commits as a whole: when each cohort was approved to, or was taken out by name. */
export function commitWhenAllAreReady(cohorts: readonly CohortRunner[]): void {
  for (const cohort of readyToCommit(cohorts)) cohort.apply({ kind: 'commitNow' });
}

/** The same, in the open hours of a calendar (R48): all of it or nothing, also where one of them is stopped while it is closed. */
export class CommitsByCalendar {
  private waiting = false;

  constructor(
    private readonly cohorts: readonly CohortRunner[],
    private readonly rules: () => PhaseRules,
  ) {}

  /** Called whenever a cohort changed. */
  look(): void {
    if (this.waiting || readyToCommit(this.cohorts).length === 0) return;
    this.waiting = true;
    void this.commit();
  }

  private async commit(): Promise<void> {
    const isOver = (): boolean => readyToCommit(this.cohorts).length === 0;
    try {
      const open = await untilOpen(this.rules(), isOver, (at) => {
        for (const cohort of readyToCommit(this.cohorts)) cohort.apply({ kind: 'opensAt', at });
      });
      if (open) commitWhenAllAreReady(this.cohorts);
    } catch (error) {
      // A cancelled phase takes its cohorts out by itself, and waits for no calendar any more.
      if (isCancellation(error)) return;
      const message = whyNotKnown(error);
      for (const cohort of readyToCommit(this.cohorts)) cohort.apply({ kind: 'workFailed', message });
    }
    this.waiting = false;
    // They may have become ready anew, by another version of the plan, before this was over.
    this.look();
  }
}

/** Those that commit now: none for as long as another of the phase is on its way. */
function readyToCommit(cohorts: readonly CohortRunner[]): readonly CohortRunner[] {
  const ready = cohorts.filter(({ run }) => run.status === 'awaitingCommit' && isGranted(run.request));
  const others = cohorts.filter((cohort) => !ready.includes(cohort));
  return others.every(({ run }) => run.status === 'committing' || hasEnded(run)) ? ready : [];
}
