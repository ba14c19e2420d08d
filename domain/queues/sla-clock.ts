import type { PlanQueue } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';
import { compress } from '../time/time-scale';

/** What a case's clock does, in order. A case is opened, then its time runs low, then it is over, then others are told. */
export const CLOCK_MARKS = ['opened', 'warned', 'overdue', 'escalated'] as const;
export type ClockMark = (typeof CLOCK_MARKS)[number];

/** Share of its SLA after which a case's owner is warned: a quarter of the time is left to do something. */
export const WARNED_AT = 0.75;

/** What of a case its clock goes by. */
export interface ClockFacts {
  openedAt: Date;
  dueAt: Date;
  /** Put off until then with a reason; null where it is not. */
  snoozedUntil: Date | null;
  /** When its owner is warned, where its SLA is one in business time: not by a share of 'sla' then. */
  warnAt?: Date;
}

/** One thing that a clock has to do, once a case and opening of it. */
export interface PlannedMark {
  /** 0 opened, 1 warned, 2 overdue, 3 and on one for each escalation: what comes later never comes before. */
  step: number;
  kind: ClockMark;
  /** Whom the plan names for it. */
  team: string;
  at: Date;
}

/**
 * R30: when a case's owner is told that it is there, warned, told that it is overdue, and when the plan's other teams are, in that order. A warning
 * waits until a case is no longer snoozed; that it is overdue, and what follows, waits for nothing: no one person can keep it from the others.
 */
export function plannedMarks(
  queue: Pick<PlanQueue, 'owner' | 'sla' | 'escalation'>,
  { openedAt, dueAt, snoozedUntil, warnAt }: ClockFacts,
  timeScale: number,
): PlannedMark[] {
  const { owner, sla, escalation = [] } = queue;
  const awake = snoozedUntil?.getTime() ?? -Infinity;
  const due = dueAt.getTime();
  const warnedAt = warnAt?.getTime() ?? due - compress(sla, timeScale) * (1 - WARNED_AT);
  const warned = Math.max(warnedAt, awake);
  const after = (wait: Milliseconds): Date => wholeMillisecond(due + compress(wait, timeScale));
  return [
    { step: 0, kind: 'opened', team: owner, at: openedAt },
    { step: 1, kind: 'warned', team: owner, at: wholeMillisecond(Math.min(warned, due)) },
    { step: 2, kind: 'overdue', team: owner, at: wholeMillisecond(due) },
    ...escalation.map(({ team, after: wait }, index) => ({
      ...{ step: 3 + index, kind: 'escalated' as const, team, at: after(wait) },
    })),
  ];
}

/** A mark, and whether people hear of it: a warning that comes when the case is overdue is not worth a word. */
export interface DueMark extends PlannedMark {
  told: boolean;
}

/**
 * What a clock has to do now, in order, and when it must look next (null: when something changes).
 * @param done the last step that was done since the case was opened, or opened again; -1: none
 */
export function dueMarks(
  planned: readonly PlannedMark[],
  done: number,
  now: Date,
): { due: DueMark[]; nextAt: Date | null } {
  const left = planned.filter(({ step }) => step > done);
  const due = left.filter(({ at }) => at <= now);
  const last = due.at(-1)?.step ?? done;
  const late = due.some(({ kind }) => kind === 'overdue');
  return {
    // One whose time has come although an earlier one's has not (its plan was changed) waits for nothing: the earlier one is left out.
    due: due.map((mark) => ({ ...mark, told: !(late && mark.kind === 'warned') })),
    nextAt: left.filter(({ step }) => step > last).reduce<Date | null>((first, { at }) => earlier(first, at), null),
  };
}

function earlier(first: Date | null, at: Date): Date {
  return first === null || at < first ? at : first;
}

function wholeMillisecond(at: number): Date {
  return new Date(Math.ceil(at));
}
