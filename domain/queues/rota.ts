import { openingAfter } from '../calendar/next-opening';
import { plannedTime, realTime, type PlannedClock } from '../calendar/planned-time';
import type { Plan } from '../plan/plan-schema';
import type { DueMark } from './sla-clock';

type Team = Plan['owners'][number];

/** When somebody of a team is next there. */
export interface Reach {
  team: string;
  /** Now, where somebody is. */
  at: Date;
  isOn: boolean;
  /** The shift that is told; null for a team that is reached at any hour, as far as the plan says. */
  shift: string | null;
}

/**
 * R30: who of a team is there now by its rota, or who is next. Shifts are of the plan's own time, which a rehearsal's clock runs through faster.
 * A team without a `reach` is told at once: the plan says nothing of when it is there.
 */
export function reachOf(team: string, owners: readonly Team[], now: Date, clock: PlannedClock): Reach {
  const reach = owners.find(({ id }) => id === team)?.reach;
  const at: Reach = { team, at: now, isOn: true, shift: null };
  if (reach === undefined) return at;
  const planned = plannedTime(clock, now);
  let next: { start: Date; shift: string } | undefined;
  for (const shift of reach.shifts) {
    const opening = openingAfter({ id: shift.id, timeZone: reach.timeZone, open: [shift] }, planned);
    if (opening !== undefined && (next === undefined || opening.start < next.start)) {
      next = { start: opening.start, shift: shift.id };
    }
  }
  if (next === undefined) return at;
  const isOn = next.start <= planned;
  return { team, at: isOn ? now : realTime(clock, next.start), isOn, shift: next.shift };
}

/** A team that is to hear of a case, and when. */
export interface Telling {
  team: string;
  urgency: 'info' | 'page';
  tellAt: Date;
}

/** What of a plan says who hears of a case. */
export interface TellingRules {
  owners: readonly Team[];
  queue: { owner: string; escalation?: { team: string }[] | undefined };
  /** The handoff that was missed, where one was. */
  handoff: { severity: string; recipients?: string[] | undefined } | undefined;
}

/**
 * Who hears of what a case's clock has just done. Of a new case: the queue's owner and whom its handoff names. Of a case that runs late: its owner.
 * Of one that is overdue or escalated: the team it goes to; and where nobody of that team is there, at once also the first of the teams after it
 * that somebody is there of, as the plan has decided in advance, or else whoever is back first. Everybody else hears of it when their
 * next shift begins.
 */
export function tellingsOf(rules: TellingRules, mark: DueMark, now: Date, clock: PlannedClock): Telling[] {
  if (!mark.told) return [];
  const { owners, queue, handoff } = rules;
  const reach = (team: string): Reach => reachOf(team, owners, now, clock);
  const own = reach(mark.team);
  switch (mark.kind) {
    case 'opened': {
      const urgency = handoff?.severity === 'safety' ? 'page' : 'info';
      const teams = new Set([mark.team, ...(handoff?.recipients ?? [])]);
      return [...teams].map((team) => ({ team, urgency, tellAt: reach(team).at }));
    }
    case 'warned':
      return [{ team: mark.team, urgency: 'info', tellAt: own.at }];
    case 'overdue':
    case 'escalated': {
      const told = [own, ...(own.isOn ? [] : standIn(own, (queue.escalation ?? []).slice(mark.step - 2), reach))];
      const byTeam = new Map(told.map(({ team, at }) => [team, at]));
      return [...byTeam].map(([team, tellAt]) => ({ team, urgency: 'page', tellAt }));
    }
  }
}

/** Who is told in place of a team that nobody is there of; nobody where that team is back first. */
function standIn(own: Reach, after: readonly { team: string }[], reach: (team: string) => Reach): Reach[] {
  const others = after.map(({ team }) => reach(team));
  const on = others.find(({ isOn }) => isOn);
  if (on !== undefined) return [on];
  const soonest = others.reduce((first, one) => (one.at < first.at ? one : first), own);
  return soonest === own ? [] : [soonest];
}
