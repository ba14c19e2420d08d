import type { ApprovalRequest, CohortRun } from '../../../domain/phase/cohort-run';
import type { Plan } from '../../../domain/plan/plan-schema';
import type { MigrationStatus } from '../../../domain/status/migration-status';
import { formatDuration, type Milliseconds } from '../../../domain/time/duration';
import { stepName } from '../script/check-script';
import { phaseInPlan, rampOfCohort, standings } from '../standing';
import { PlanClock } from './plan-clock';

/** Something that people would have had to do, by the plan as it is written. */
export interface Duty {
  /** Since the migration's start, in the plan's time. */
  at: Milliseconds;
  /** `day 12, 09:30`; the migration starts on day 1 at 08:30. */
  when: string;
  what: string;
  /** Of the phase; empty where it is not of single ones. */
  cohorts: string[];
}

/** A migration's first morning: the go/no-go meeting. */
const STARTS_AT: Milliseconds = 8.5 * 3_600_000;
const DAY: Milliseconds = 86_400_000;

/** Keeps, while a rehearsal is played, what people would have had to do when. */
export class Agenda {
  private readonly clock: PlanClock;
  private noted: { at: Milliseconds; what: string; cohort?: string; key?: string }[] = [];
  private readonly seen = new Set<string>();
  /** How far the plan's time had come at each look, by the rehearsal's clock. */
  private readonly passed: { now: Milliseconds; at: Milliseconds }[] = [];

  constructor(
    private readonly written: Plan,
    played: Plan,
    timeScale: number,
  ) {
    this.clock = new PlanClock(written, played, timeScale);
  }

  look(status: MigrationStatus, now: Milliseconds): void {
    const all = [...standings(status)];
    for (const { phase, run } of all) this.clock.look(phase, run, now);
    for (const [phase, cohorts] of takenBackTogether(all)) this.clock.meet(phase, cohorts);
    for (const { phase, run } of all) {
      const at = this.clock.at(phase, run.cohort);
      // First what went wrong, then whether it goes on.
      if (run.status === 'rolledBack' && run.rollback !== undefined) {
        this.once(`back ${run.rollback.id}`, at, backWords(phase, run.rollback.by), run.cohort);
      }
      if (run.request !== undefined) this.ask(phase, run, run.request, at);
      if (run.status === 'takenOut') this.takenOut(phase, run, at);
    }
    this.passed.push({ now, at: this.clock.latest });
  }

  /** The plan's time at a moment of the rehearsal's clock. */
  planTime(now: Milliseconds): Milliseconds {
    return this.passed.findLast((look) => look.now <= now)?.at ?? 0;
  }

  /** Something else that people do. @param at in the plan's time */
  note(what: string, at: Milliseconds): void {
    this.noted.push({ at, what });
  }

  /** In the order of the plan's time; what falls to several cohorts at once is one. */
  get duties(): Duty[] {
    const sorted = [...this.noted].sort((one, other) => one.at - other.at);
    const duties: Duty[] = [];
    for (const { at, what, cohort } of sorted) {
      const same = duties.find((duty) => duty.at === at && duty.what === what);
      if (same === undefined)
        duties.push({ at, when: dayAndTime(at), what, cohorts: cohort === undefined ? [] : [cohort] });
      else if (cohort !== undefined && !same.cohorts.includes(cohort)) same.cohorts.push(cohort);
    }
    return duties;
  }

  private ask(phase: string, run: CohortRun, request: ApprovalRequest, at: Milliseconds): void {
    const key = `${phase}/${run.cohort}/${request.kind}/${request.step ?? ''}/${run.attempt}`;
    this.once(`ask ${key}`, at, this.askWords(phase, run.cohort, request), run.cohort);
    if (!request.escalated || this.seen.has(`page ${key}`)) return;
    const waited = this.escalation(phase, run.cohort, request);
    this.once(
      `page ${key}`,
      this.clock.wait(phase, run.cohort, waited),
      `answer a page: nobody has decided on ${decision(phase, request)} for ${formatDuration(waited)}`,
      run.cohort,
    );
  }

  /** Whoever was taken out after it was rolled back had not been let go on. */
  private takenOut(phase: string, run: CohortRun, at: Milliseconds): void {
    const asked = `ask ${phase}/${run.cohort}/goOn//${run.attempt}`;
    if (!this.noted.some(({ key }) => key === asked)) return;
    this.noted = this.noted.filter(({ key }) => key !== asked);
    this.once(`out ${phase}/${run.cohort}`, at, `take a cohort out of ${phase}`, run.cohort);
  }

  private once(key: string, at: Milliseconds, what: string, cohort: string): void {
    if (this.seen.size === this.seen.add(key).size) return;
    this.noted.push({ at, what, cohort, key });
  }

  private askWords(phase: string, cohort: string, request: ApprovalRequest): string {
    const { count, roles, fourEyes } = request.needs;
    const eyes = fourEyes ? ', not whoever started it' : '';
    const step =
      request.step === undefined ? undefined : rampOfCohort(phaseInPlan(this.written, phase), cohort)[request.step];
    const to = step === undefined ? '' : ` to ${stepName(step)}`;
    return `${decisionVerb(request)} ${decision(phase, request)}${to} (${people(count)} of ${roles.join(', ')}${eyes})`;
  }

  private escalation(phase: string, cohort: string, request: ApprovalRequest): Milliseconds {
    const found = phaseInPlan(this.written, phase);
    if (request.kind !== 'step') return found.approvals[request.kind].escalateAfter;
    return (
      rampOfCohort(found, cohort)[request.step ?? 0]?.approval?.escalateAfter ?? found.approvals.goNoGo.escalateAfter
    );
  }
}

/** Cohorts that one rollback of all of a phase has reached, by phase. */
function takenBackTogether(all: readonly { phase: string; run: CohortRun }[]): Map<string, string[]> {
  const together = new Map<string, string[]>();
  for (const { phase, run } of all) {
    const back = run.status === 'rollingBack' || run.status === 'rolledBack';
    const whole = run.rollback?.scope === 'phase' || run.rollback?.scope === 'migration';
    if (back && whole) together.set(phase, [...(together.get(phase) ?? []), run.cohort]);
  }
  return together;
}

function decisionVerb({ kind }: ApprovalRequest): string {
  return kind === 'goOn' ? 'let' : 'approve';
}

function decision(phase: string, { kind }: ApprovalRequest): string {
  switch (kind) {
    case 'goNoGo':
      return `the go of ${phase}`;
    case 'step':
      return `the next step of ${phase}`;
    case 'goOn':
      return `${phase} go on`;
    case 'commit':
      return `the commit of ${phase}`;
  }
}

function backWords(phase: string, by: string): string {
  return by.startsWith('gate:')
    ? `find out and mend why ${phase} was rolled back by its ${by.slice(5)} gate`
    : `look after ${phase}: it was rolled back by a person`;
}

function people(count: number): string {
  return count === 1 ? 'one person' : `${['no', 'one', 'two', 'three', 'four', 'five'][count] ?? String(count)} people`;
}

/** `day 12, 09:30`. */
export function dayAndTime(at: Milliseconds): string {
  const time = STARTS_AT + at;
  const minutes = Math.floor((time % DAY) / 60_000);
  const clock = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  return `day ${Math.floor(time / DAY) + 1}, ${clock}`;
}
