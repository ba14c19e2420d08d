import { DateTime } from 'luxon';
import type { Plan, PlanPhase, PlanWaves } from '../plan-schema';
import { zoneOf, type Opening } from './openings';

/** Waves are planned so many days ahead; what takes longer has no date. */
const LONGEST = 3_660;

/** One wave: the days on which the first and the last of it may move. */
export interface Wave {
  list: string;
  existing: string;
  /** Counted from 1. */
  number: number;
  size: number;
  begins: Date | null;
  /** The end of the day on which the last of it moves. */
  ends: Date | null;
  /** How many move on which day, by the day's end. */
  moved: { by: Date; count: number }[];
}

export interface WavesSchedule {
  cap: number;
  safeWindow: PlanWaves['safeWindow'];
  notice: string | null;
  exclusions: NonNullable<PlanWaves['exclusions']>;
  waves: Wave[];
  byHand: { list: string; existing: string; count: number | null; why: string }[];
  /** When the last wave is through; null where none is, or that cannot be said. */
  ends: Date | null;
}

/** A list of which waves are still to come. */
interface Queue {
  waves: Wave[];
  watch: number;
  /** The wave that is moving, and how many of it are left. */
  next: number;
  left: number;
  readyAt: Date;
}

/**
 * When those who are here already may move, at the earliest: on days on which the phase's calendar opens, lists in their order under one
 * cap a day, the second wave of a list when the first was watched, and each later one as soon as the cap has room for it.
 *
 * @param from when everyone who arrives goes to target, in each cohort
 */
export function scheduleWaves(plan: Plan, phase: PlanPhase, opening: Opening, from: Date | null): WavesSchedule | null {
  if (phase.waves === undefined) return null;
  const { cap, safeWindow, notice, exclusions = [], lists } = phase.waves;
  const queues: Queue[] = [];
  const byHand: WavesSchedule['byHand'] = [];
  for (const list of lists) {
    if ('byHand' in list) {
      const count = plan.existing?.find(({ id }) => id === list.existing)?.count ?? null;
      byHand.push({ list: list.id, existing: list.existing, count, why: list.byHand });
      continue;
    }
    const waves = list.sizes.map((size, index) => ({
      ...{ list: list.id, existing: list.existing, number: index + 1, size },
      ...{ begins: null, ends: null, moved: [] },
    }));
    queues.push({ waves, watch: list.watch, next: 0, left: list.sizes[0] ?? 0, readyAt: from ?? new Date(0) });
  }
  if (from !== null) moveDayByDay(queues, cap, opening, from, zoneOf(plan));
  const waves = queues.flatMap((queue) => queue.waves);
  const ends = waves.some((wave) => wave.ends === null) ? [] : waves.map((wave) => wave.ends?.getTime() ?? 0);
  return {
    ...{ cap, safeWindow, notice: notice ?? null, exclusions, waves, byHand },
    ends: ends.length === 0 ? null : new Date(Math.max(...ends)),
  };
}

function moveDayByDay(queues: readonly Queue[], cap: number, opening: Opening, from: Date, zone: string): void {
  let day = DateTime.fromJSDate(from, { zone }).startOf('day');
  for (let count = 0; count < LONGEST && queues.some(isUnderWay); count += 1) {
    const today = { from: day.toJSDate(), until: day.plus({ days: 1 }).toJSDate() };
    const opens = opening(from > today.from ? from : today.from);
    if (opens === null) return;
    if (opens < today.until) moveToday(queues, cap, opening, { ...today, opens });
    day = day.plus({ days: 1 });
  }
}

interface OpenDay {
  until: Date;
  opens: Date;
}

function moveToday(queues: readonly Queue[], cap: number, opening: Opening, today: OpenDay): void {
  let room = cap;
  for (const queue of queues) {
    while (room > 0 && isUnderWay(queue)) {
      const moved = moveOn(queue, room, opening, today);
      if (moved === 0) break;
      room -= moved;
    }
  }
}

function isUnderWay({ waves, next }: Queue): boolean {
  return next < waves.length;
}

/** Moves as many of a list's wave as there is room for today; gives how many. */
function moveOn(queue: Queue, room: number, opening: Opening, { opens, until }: OpenDay): number {
  const wave = queue.waves[queue.next];
  if (wave === undefined || queue.readyAt >= until) return 0;
  const begins = queue.readyAt > opens ? opening(queue.readyAt) : opens;
  if (begins === null || begins >= until) return 0;
  wave.begins ??= begins;
  const count = Math.min(room, queue.left);
  queue.left -= count;
  wave.moved.push({ by: until, count });
  if (queue.left > 0) return count;
  wave.ends = until;
  if (queue.next === 0) queue.readyAt = new Date(until.getTime() + queue.watch);
  queue.next += 1;
  queue.left = queue.waves[queue.next]?.size ?? 0;
  return count;
}
