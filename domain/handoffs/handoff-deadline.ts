import { businessDeadline, plainDeadline, type Stop } from '../calendar/business-deadline';
import { plannedTime, realTime } from '../calendar/planned-time';
import type { HandoffRule } from './handoff-rule';

/**
 * When a handoff must have ended, in milliseconds since 1970. Business time is counted by the migration's planned time, as its calendar
 * is read everywhere: a rehearsal has its nights and holidays too, shorter.
 * @param stops when its clock stood still: in order, and over
 */
export function handoffDeadline(rule: HandoffRule, startedAt: number, stops: readonly Stop[]): number {
  const { businessTime, within } = rule;
  if (businessTime !== undefined) {
    const { calendar, amount, clock } = businessTime;
    const planned = (at: number): number => plannedTime(clock, new Date(at)).getTime();
    const plannedStops = stops.map(({ from, until }) => ({ from: planned(from), until: planned(until) }));
    const over = businessDeadline(calendar, planned(startedAt), amount, plannedStops);
    if (Number.isFinite(over)) return Math.max(realTime(clock, new Date(over)).getTime(), stops.at(-1)?.until ?? 0);
  }
  return plainDeadline(startedAt, within, stops);
}
