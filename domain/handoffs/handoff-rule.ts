import type { PlannedClock } from '../calendar/planned-time';
import type { HandoffCondition, Plan, PlanCalendar, PlanHandoff } from '../plan/plan-schema';
import type { Milliseconds } from '../time/duration';
import { compress } from '../time/time-scale';
import type { UnitKind } from '../sides/units';

/** What the start and the end of a handoff have in common, where that is not the journey. */
export type Correlation =
  | { kind: 'patient' }
  /** One unit of this kind, in whichever of the patient's journeys. */
  | { kind: 'instance'; of: UnitKind }
  /** One value of this field, within the journey. */
  | { kind: 'field'; field: string };

/** A handoff as the matcher needs it, on a migration's own clock. A plan gives each event type one part in it. */
export interface HandoffRule {
  id: string;
  phase: string;
  /** The phase whose placement says which side must end it. */
  endPhase: string;
  start: string;
  ends: ReadonlySet<string>;
  unless: ReadonlySet<string>;
  /** From the start to the deadline. Whole milliseconds, so that every moment is one. */
  within: Milliseconds;
  /** The deadline in business time. Where it never comes, since the calendar does not open any more, `within` counts. */
  businessTime?: BusinessPromise;
  /** The clock stands still from one of these events to the other. */
  pauses?: readonly Pause[];
  /** What an end must be like to be one; in the plan's order. */
  must?: readonly HandoffCondition[];
  /** There must be an end for each of these codes of a field. */
  forEach?: { field: string; of: readonly string[] };
  /** Whether an end more is a case of its own. */
  exactlyOnce?: boolean;
  /** How long after its time an event may arrive and still count at its time. */
  lateness: Milliseconds;
  /** Where a missed one is worked on; none where it opens no case. */
  queue?: string;
  /** What start and end have in common; the journey unless declared. */
  correlate?: Correlation;
  /** Since when it is declared, in milliseconds since 1970, where that is not since the migration started: what was before does not start it. */
  since?: number;
}

/** Business time of a calendar, which a migration that runs faster reads by its planned time. */
export interface BusinessPromise {
  calendar: PlanCalendar;
  /** `24bh` or `2bd`. */
  amount: string;
  clock: PlannedClock;
}

export interface Pause {
  from: string;
  until: string;
}

/** How a migration runs, as far as its handoffs depend on it. */
export interface HandoffTimes {
  /** Those that a later version of the plan added, by id. */
  declaredSince?: ReadonlyMap<string, Date>;
  /** Of the migration, where its clock is compressed: its calendars are read from then on. */
  startedAt?: Date;
}

/** The handoffs of a plan, compressed for a rehearsal. */
export function handoffRules(
  plan: Pick<Plan, 'handoffs' | 'lateness' | 'calendars'>,
  timeScale: number,
  { declaredSince = new Map(), startedAt = new Date(0) }: HandoffTimes = {},
): HandoffRule[] {
  return plan.handoffs.map((handoff) => ({
    id: handoff.id,
    phase: handoff.phase,
    endPhase: handoff.endPhase ?? handoff.phase,
    start: handoff.start,
    ends: new Set(handoff.end),
    unless: new Set(handoff.unless),
    within: wholeMilliseconds(compress(handoff.within, timeScale)),
    ...businessTimeOf(handoff, plan, { startedAt, timeScale }),
    ...(handoff.pausedWhile !== undefined && { pauses: handoff.pausedWhile }),
    ...(handoff.must !== undefined && { must: handoff.must }),
    ...(handoff.forEach !== undefined && { forEach: handoff.forEach }),
    ...(handoff.exactlyOnce !== undefined && { exactlyOnce: handoff.exactlyOnce }),
    lateness: wholeMilliseconds(compress(handoff.lateness ?? plan.lateness, timeScale)),
    ...(handoff.queue !== undefined && { queue: handoff.queue }),
    ...(handoff.correlate !== undefined && { correlate: correlationOf(handoff.correlate) }),
    ...sinceOf(declaredSince.get(handoff.id)),
  }));
}

function businessTimeOf(
  { businessTime }: PlanHandoff,
  { calendars = [] }: Pick<Plan, 'calendars'>,
  clock: PlannedClock,
): Pick<HandoffRule, 'businessTime'> {
  const calendar = calendars.find(({ id }) => id === businessTime?.calendar);
  if (businessTime === undefined || calendar === undefined) return {};
  return { businessTime: { calendar, amount: businessTime.within, clock } };
}

function correlationOf(declared: NonNullable<PlanHandoff['correlate']>): Correlation {
  if (declared === 'patient') return { kind: 'patient' };
  return 'instance' in declared
    ? { kind: 'instance', of: declared.instance }
    : { kind: 'field', field: declared.field };
}

function sinceOf(declared: Date | undefined): Pick<HandoffRule, 'since'> {
  return declared === undefined ? {} : { since: declared.getTime() };
}

/** Whether a handoff starts, ends, is released or paused by events of this type. */
export function hears({ start, ends, unless, pauses = [] }: HandoffRule, type: string): boolean {
  if (start === type || ends.has(type) || unless.has(type)) return true;
  return pauses.some(({ from, until }) => from === type || until === type);
}

/** Every type of event that {@link hears} it. */
export function typesHeard({ start, ends, unless, pauses = [] }: HandoffRule): string[] {
  return [start, ...ends, ...unless, ...pauses.flatMap(({ from, until }) => [from, until])];
}

/** Whether any of them does. */
export function listensTo(rules: readonly HandoffRule[], type: string): boolean {
  return rules.some((rule) => hears(rule, type));
}

/** The fields of events that handoffs read. */
export function fieldsRead(rules: readonly HandoffRule[]): Set<string> {
  return new Set(
    rules.flatMap(({ must = [], forEach, correlate }) => [
      ...must.flatMap((condition) =>
        'equalsStart' in condition ? [condition.field, condition.equalsStart] : [condition.field],
      ),
      ...(forEach === undefined ? [] : [forEach.field]),
      ...(correlate?.kind === 'field' ? [correlate.field] : []),
    ]),
  );
}

function wholeMilliseconds(duration: Milliseconds): Milliseconds {
  return Math.max(1, Math.round(duration));
}
