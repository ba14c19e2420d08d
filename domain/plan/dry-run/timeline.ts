import { approvalWords } from '../words/approval-words';
import type { RunbookTask } from './date-tasks';
import type { PhaseSchedule } from './schedule-phase';
import { stepWords } from './step-words';

const TIMELINE_KINDS = ['stable', 'task', 'asked', 'commit', 'step', 'check', 'soak', 'wave', 'tail'] as const;

/** Something that happens on a day, at the earliest. */
export interface TimelineEntry {
  at: Date;
  /** Whether only the day is said. */
  allDay: boolean;
  kind: (typeof TIMELINE_KINDS)[number];
  phase: string | null;
  /** Empty where it is not of single cohorts. */
  cohorts: string[];
  what: string;
  /** Who does it, or who is asked; null where it goes by itself. */
  who: string | null;
}

type Undated = Omit<TimelineEntry, 'at'> & { at: Date | null };

/** Day by day, in order. What has no date is left out; what falls to several cohorts at once is one. */
export function timelineOf(phases: readonly PhaseSchedule[], tasks: readonly RunbookTask[]): TimelineEntry[] {
  const entries: TimelineEntry[] = [];
  for (const entry of [...tasks.map(taskEntry), ...phases.flatMap((phase) => [...phaseEntries(phase)])]) {
    const { at } = entry;
    if (at === null) continue;
    const same = entries.find(
      (other) =>
        other.at.getTime() === at.getTime() &&
        other.what === entry.what &&
        other.phase === entry.phase &&
        other.who === entry.who &&
        other.cohorts.length > 0,
    );
    if (same === undefined) entries.push({ ...entry, at });
    else same.cohorts.push(...entry.cohorts);
  }
  const rank = ({ kind }: TimelineEntry): number => TIMELINE_KINDS.indexOf(kind);
  return entries.sort((one, other) => one.at.getTime() - other.at.getTime() || rank(one) - rank(other));
}

function taskEntry({ at, allDay, phase, what, owner }: RunbookTask): Undated {
  return { at, allDay, kind: 'task', phase, cohorts: [], what, who: owner };
}

function* phaseEntries(schedule: PhaseSchedule): Generator<Undated> {
  const { phase, approvals } = schedule;
  const of = { phase, allDay: false, cohorts: [] as string[], who: null };
  yield {
    ...{ ...of, at: schedule.asked, kind: 'asked' },
    what: 'It is checked, and people are asked for the go.',
    who: approvalWords(approvals.goNoGo),
  };
  for (const cohort of schedule.cohorts) {
    const cohorts = [cohort.cohort];
    for (const step of cohort.steps) {
      const name = `Step ${step.number} of ${cohort.steps.length}`;
      if (step.approval !== null) {
        const what = `${name} is asked for: ${stepWords(step)}.`;
        yield { ...of, cohorts: [...cohorts], at: step.asked, kind: 'asked', what, who: approvalWords(step.approval) };
      }
      const what = `${name} begins: ${stepWords(step)}.`;
      yield { ...of, cohorts: [...cohorts], at: step.begins, kind: 'step', what };
      for (const check of step.checks) {
        const who = check.by;
        const first = check.first === undefined ? '' : `The first ${check.first}: `;
        yield { ...of, cohorts: [...cohorts], at: step.begins, kind: 'check', what: `${first}${check.what}`, who };
      }
    }
    if (cohort.staysOnLegacy !== null) continue;
    yield { ...of, cohorts, at: cohort.soaks, kind: 'soak', what: 'The soak begins, at 100%.' };
  }
  yield {
    ...{ ...of, at: schedule.soaked, kind: 'asked' },
    what: 'The soak is over, and people are asked for the commit.',
    who: approvalWords(approvals.commit),
  };
  yield {
    ...{ ...of, at: schedule.commits, kind: 'commit' },
    what: 'It is committed. Until here it goes back by itself where a rule says so; from here on only a reverse cutover goes back.',
  };
  yield { ...of, at: schedule.stable, kind: 'stable', what: 'It is stable: the next phase may start.' };
  for (const { list, number, size, begins } of schedule.waves?.waves ?? []) {
    yield { ...of, at: begins, kind: 'wave', what: `Wave ${number} of ${list} begins to move: ${size} patients.` };
  }
  for (const { what, owner, ends } of schedule.tails) {
    yield { ...of, at: ends, kind: 'tail', what: `What the old contract owed is over: ${what}`, who: owner };
  }
}
