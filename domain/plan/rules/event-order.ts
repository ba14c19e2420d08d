import type { UnitKind } from '../../sides/units';
import type { Draft } from '../draft';
import type { Plan } from '../plan-schema';
import { readable } from '../readable';

/** Units whose journey is one: what closes them comes after all that is theirs. Of a subscription everything comes round again. */
const ONE_JOURNEY: readonly UnitKind[] = ['visitor', 'episode'];

/** Types of events, each as the number that it got first. */
type Numbers = Map<string, number>;
/** From a number to the numbers that come right after it, or right before. */
type Steps = number[][];

/**
 * What the plan itself says of which event follows which: a handoff's ends follow its start, and what closes a journey follows all of it.
 * It has no more steps than the plan has words, and what leads to an event is walked once for each event that is asked about.
 */
export class EventOrder {
  readonly #numbers: Numbers = new Map();
  readonly #after: Steps = [];
  readonly #before: Steps = [];
  readonly #around = new Map<number, { before: Uint8Array; after: Uint8Array }>();

  constructor({ handoffs, phases }: Draft<Plan>) {
    const own = new Map<string | undefined, Set<string>>();
    for (const [, { phase, start, end }] of readable(handoffs)) {
      const types = own.get(phase) ?? new Set();
      for (const type of [start, ...(end ?? [])]) if (type !== undefined) types.add(type);
      own.set(phase, types);
      if (start === undefined) continue;
      for (const [, type] of readable(end)) this.#add(this.#number(start), this.#number(type));
    }
    for (const [, { id, unit, closedBy }] of readable(phases)) {
      if (id === undefined || unit === undefined || !ONE_JOURNEY.includes(unit)) continue;
      const closing = new Set([...readable(closedBy)].map(([, type]) => type));
      // All that is theirs leads to the end of the journey, and that to whatever closes it: not each to each.
      const end = this.#next();
      for (const type of own.get(id) ?? []) if (!closing.has(type)) this.#add(this.#number(type), end);
      for (const type of closing) this.#add(end, this.#number(type));
      // Of phases of one name the first is meant.
      own.delete(id);
    }
  }

  /** Whether one event comes before another, and never after it. */
  isBefore(one: string, other: string): boolean {
    const from = this.#numbers.get(one);
    const to = this.#numbers.get(other);
    if (from === undefined || to === undefined) return false;
    const { before, after } = this.#aroundOf(to);
    return before[from] === 1 && after[from] !== 1;
  }

  #aroundOf(event: number): { before: Uint8Array; after: Uint8Array } {
    const known = this.#around.get(event);
    if (known !== undefined) return known;
    const around = { before: reached(event, this.#before), after: reached(event, this.#after) };
    this.#around.set(event, around);
    return around;
  }

  #number(type: string): number {
    const known = this.#numbers.get(type);
    if (known !== undefined) return known;
    const number = this.#next();
    this.#numbers.set(type, number);
    return number;
  }

  #next(): number {
    this.#before.push([]);
    return this.#after.push([]) - 1;
  }

  #add(one: number, other: number): void {
    this.#after[one]?.push(other);
    this.#before[other]?.push(one);
  }
}

/** What is reached from a number in one step or more, by number. */
function reached(from: number, steps: Steps): Uint8Array {
  const seen = new Uint8Array(steps.length);
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const step of steps[next] ?? []) {
      if (seen[step] === 1) continue;
      seen[step] = 1;
      open.push(step);
    }
  }
  return seen;
}
