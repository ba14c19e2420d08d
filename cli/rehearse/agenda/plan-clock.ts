import type { CohortRun } from '../../../domain/phase/cohort-run';
import type { Plan, RampStep } from '../../../domain/plan/plan-schema';
import type { Milliseconds } from '../../../domain/time/duration';
import { phaseInPlan, rampOfCohort } from '../standing';

/** What a cohort was last seen at. */
interface Seen {
  attempt: number;
  /** Steps whose watch is over; the ramp's length and one more once it has soaked. */
  passed: number;
  /** When the step that is looked at now began, by the rehearsal's clock. */
  since: Milliseconds;
  watching: boolean;
}

/**
 * When things would have happened by the plan as it is written, from the order in which they did in the rehearsal: a watch that ended
 * there took what the plan says, one that was broken off took its part of that, and a decision was taken when it was asked for.
 */
export class PlanClock {
  private readonly cohorts = new Map<string, { at: Milliseconds; seen: Seen | undefined }>();

  /**
   * @param written the plan as it is
   * @param played the plan as it was cut
   */
  constructor(
    private readonly written: Plan,
    private readonly played: Plan,
    private readonly timeScale: number,
  ) {}

  /** Takes note of where a cohort stands. `now` is the rehearsal's clock. Gives the plan's time since its start. */
  look(phase: string, run: CohortRun, now: Milliseconds): Milliseconds {
    const key = `${phase}/${run.cohort}`;
    const standing = this.cohorts.get(key) ?? { at: this.startOf(phase), seen: undefined };
    const passed = passedOf(run, this.rampOf(this.written, phase, run.cohort).length);
    const watching = run.status === 'watching' || run.status === 'soaking';
    const { seen } = standing;
    if (seen !== undefined && run.attempt === seen.attempt) {
      if (passed !== undefined && passed > seen.passed) {
        standing.at += this.lengthOf(this.written, phase, run.cohort, seen.passed, passed);
      } else if (seen.watching && !watching && passed === undefined) {
        standing.at += this.brokenOff(phase, run.cohort, seen, now);
      }
    }
    const on = watching && seen?.watching === true && seen.passed === passed;
    standing.seen = {
      attempt: run.attempt,
      passed: passed ?? (run.attempt === seen?.attempt ? seen.passed : 0),
      since: on ? seen.since : now,
      watching,
    };
    this.cohorts.set(key, standing);
    return standing.at;
  }

  /** Lets a cohort's time pass: a decision that nobody took. */
  wait(phase: string, cohort: string, duration: Milliseconds): Milliseconds {
    const standing = this.cohorts.get(`${phase}/${cohort}`);
    if (standing === undefined) return this.startOf(phase);
    standing.at += duration;
    return standing.at;
  }

  /** Several cohorts of a phase were taken back at once: for each it is the day on which that came to the last of them. */
  meet(phase: string, cohorts: readonly string[]): void {
    const standings = cohorts.flatMap((cohort) => this.cohorts.get(`${phase}/${cohort}`) ?? []);
    const at = Math.max(0, ...standings.map((standing) => standing.at));
    for (const standing of standings) standing.at = at;
  }

  /** The plan's time of a cohort since the start. */
  at(phase: string, cohort: string): Milliseconds {
    return this.cohorts.get(`${phase}/${cohort}`)?.at ?? this.startOf(phase);
  }

  /** The latest that any cohort of any phase has come to. */
  get latest(): Milliseconds {
    return Math.max(0, ...[...this.cohorts.values()].map(({ at }) => at));
  }

  /** A phase starts when the one before has been stable for its dwell. */
  private startOf(phase: string): Milliseconds {
    const index = this.written.phases.findIndex(({ id }) => id === phase);
    const before = this.written.phases[index - 1];
    if (before === undefined) return 0;
    const ends = [...this.cohorts].flatMap(([key, { at }]) => (key.startsWith(`${before.id}/`) ? [at] : []));
    return Math.max(0, ...ends) + before.dwell;
  }

  private brokenOff(phase: string, cohort: string, seen: Seen, now: Milliseconds): Milliseconds {
    const played = this.lengthOf(this.played, phase, cohort, seen.passed, seen.passed + 1);
    const written = this.lengthOf(this.written, phase, cohort, seen.passed, seen.passed + 1);
    const part = played === 0 ? 0 : ((now - seen.since) * this.timeScale) / played;
    return Math.round(Math.min(1, Math.max(0, part)) * written);
  }

  /** What the plan gives to the steps from one to before another; the soak comes after the last. */
  private lengthOf(plan: Plan, phase: string, cohort: string, from: number, to: number): Milliseconds {
    const ramp = this.rampOf(plan, phase, cohort);
    const { soak } = phaseInPlan(plan, phase);
    return [...ramp.map(({ watch }) => watch), soak].slice(from, to).reduce((sum, watch) => sum + watch, 0);
  }

  private rampOf(plan: Plan, phase: string, cohort: string): readonly RampStep[] {
    return rampOfCohort(phaseInPlan(plan, phase), cohort);
  }
}

/** How many watches of a cohort's ramp, its soak included, are over; undefined where it does not go on. */
function passedOf({ status, step, request, opening }: CohortRun, steps: number): number | undefined {
  switch (status) {
    case 'preflight':
    case 'awaitingGoNoGo':
      return 0;
    case 'awaitingStep':
      return request?.step ?? step + 1;
    case 'awaitingOpening':
      return opening?.step ?? step + 1;
    case 'shifting':
    case 'watching':
    case 'soaking':
      return Math.max(0, step);
    case 'awaitingCommit':
    case 'committing':
    case 'committed':
      return steps + 1;
    case 'notReady':
    case 'held':
    case 'paused':
    case 'rollingBack':
    case 'rolledBack':
    case 'takenOut':
      return undefined;
  }
}
