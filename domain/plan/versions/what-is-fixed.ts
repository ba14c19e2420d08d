import { canonicalJson } from '../canonical-json';
import { entry, formatSteps, type Step } from '../diff/plan-change';
import type { Plan, PlanCalendar, PlanHandoff } from '../plan-schema';

/** A change that cannot be, and why. */
export interface Refused {
  /** As PlanChange has it. */
  path: string;
  message: string;
}

const STARTED = 'It is fixed when a migration starts. Start another migration for it.';
const COUNTED =
  'Handoffs are matched by it from the first event on: what was kept would be missed, or the reverse. Declare another handoff instead.';
const PROMISED =
  'Deadlines of handoffs that are matched already are counted by it: what was kept would be missed, or the reverse. Leave it as it is, and declare another calendar for what is new.';
const SENT = 'Stacks send it: their events would be refused. Leave it, and add what is new.';

/** What can never change while a migration is under way, whatever its phases: placements, keys, events and handoffs in use rest on it. */
export function whatIsFixed(before: Plan, after: Plan): Refused[] {
  return [
    ...whole(before, after),
    ...phases(before, after),
    ...attributes(before, after),
    ...systems(before, after),
    ...events(before, after),
    ...handoffs(before, after),
    ...calendars(before, after),
    ...gone(before.queues, after.queues, 'queues', 'Cases may be open in it. Leave it, and let nothing feed it.'),
    ...testUnits(before, after),
  ];
}

function whole(before: Plan, after: Plan): Refused[] {
  return [
    ...unless(same(before.migration, after.migration), ['migration'], STARTED),
    ...unless(same(before.keys, after.keys), ['keys'], `Units have a side by their key. ${STARTED}`),
    ...unless(before.lateness === after.lateness, ['lateness'], COUNTED),
  ];
}

function phases(before: Plan, after: Plan): Refused[] {
  const order = (plan: Plan): string[] => plan.phases.map(({ id }) => id);
  if (!same(order(before), order(after))) {
    const message =
      'Phases stay as they are, and in their order: those that come later go by where people are in those before (I14).';
    return [{ path: 'phases.order', message }];
  }
  return before.phases.flatMap((phase, index) => {
    const other = after.phases[index];
    const at = ['phases', entry(phase.id)];
    return (['kind', 'unit', 'anonymousUnit'] as const).flatMap((name) =>
      unless(phase[name] === other?.[name], [...at, name], `What has a side stays what it is (I1). ${STARTED}`),
    );
  });
}

/** Cohorts, and whoever is asked about, are known by them. */
function attributes(before: Plan, after: Plan): Refused[] {
  return Object.entries(before.attributes).flatMap(([name, values]) =>
    unless(
      values.every((value) => after.attributes[name]?.includes(value) === true),
      ['attributes', name],
      'Stacks ask with these values: leave them, and add what is new.',
    ),
  );
}

function systems(before: Plan, after: Plan): Refused[] {
  return before.systems.flatMap((system) => {
    const other = after.systems.find(({ id }) => id === system.id);
    const kept = other?.source === system.source && other.side === system.side;
    return unless(kept, ['systems', entry(system.id)], SENT);
  });
}

function events(before: Plan, after: Plan): Refused[] {
  return before.events.flatMap(({ type, data }) => {
    const other = after.events.find((one) => one.type === type);
    const at = ['events', entry(type)];
    if (other === undefined) return [{ path: formatSteps(at), message: SENT }];
    const known = Object.entries(data).flatMap(([name, field]) => {
      const is = other.data[name];
      const kept =
        is !== undefined &&
        is.kind === field.kind &&
        (field.required || !is.required) &&
        (field.codes ?? []).every((code) => is.codes?.includes(code) === true);
      return unless(kept, [...at, 'data', name], SENT);
    });
    const added = Object.entries(other.data).flatMap(([name, field]) =>
      unless(
        name in data || !field.required,
        [...at, 'data', name],
        'Stacks do not send it yet: add it without `required`.',
      ),
    );
    return [...known, ...added];
  });
}

function handoffs(before: Plan, after: Plan): Refused[] {
  return before.handoffs.flatMap((handoff) => {
    const at = ['handoffs', entry(handoff.id)];
    const other = after.handoffs.find(({ id }) => id === handoff.id);
    if (other === undefined) return [{ path: formatSteps(at), message: COUNTED }];
    return unless(same(matchedBy(handoff), matchedBy(other)), at, COUNTED);
  });
}

/** All that was reported of a handoff is matched again by the calendar of now. One that only phases go by may change. */
function calendars(before: Plan, after: Plan): Refused[] {
  const promised = new Set(before.handoffs.map(({ businessTime }) => businessTime?.calendar));
  return (before.calendars ?? [])
    .filter(({ id }) => promised.has(id))
    .flatMap((calendar) => {
      const other = after.calendars?.find(({ id }) => id === calendar.id);
      const kept = other !== undefined && same(openBy(calendar), openBy(other));
      return unless(kept, ['calendars', entry(calendar.id)], PROMISED);
    });
}

/** Hours and closed days, in whatever order they are written. */
function openBy({ open, closed = [], ...rest }: PlanCalendar): object {
  const inOrder = (some: readonly { id: string }[]): string[] => some.map((one) => canonicalJson(one)).sort();
  return { ...rest, open: inOrder(open), closed: inOrder(closed) };
}

/** What an outcome is decided by; whoever works on a missed one may be another. */
function matchedBy(handoff: PlanHandoff): object {
  const {
    queue: _queue,
    severity: _severity,
    recipients: _recipients,
    redrive: _redrive,
    end,
    unless: releases,
    ...rest
  } = handoff;
  return { ...rest, end: [...end].sort(), unless: [...releases].sort() };
}

function testUnits(before: Plan, after: Plan): Refused[] {
  const kept = (before.testUnits ?? []).every((unit) => after.testUnits?.includes(unit) === true);
  return unless(kept, ['testUnits'], 'Their outcomes are no evidence, and stay none: leave them, and add what is new.');
}

function gone(
  before: readonly { id: string }[],
  after: readonly { id: string }[],
  list: string,
  message: string,
): Refused[] {
  return before.flatMap(({ id }) =>
    unless(
      after.some((one) => one.id === id),
      [list, entry(id)],
      message,
    ),
  );
}

function unless(kept: boolean, at: readonly Step[], message: string): Refused[] {
  return kept ? [] : [{ path: formatSteps(at), message }];
}

function same(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
