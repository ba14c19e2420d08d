import type { UnitKind } from '../../sides/units';
import type { Draft } from '../draft';
import type { Plan } from '../plan-schema';
import { readable } from './rule';

/** Units whose journey is one: what closes them comes after all that is theirs. Of a subscription everything comes round again. */
const ONE_JOURNEY: readonly UnitKind[] = ['visitor', 'episode'];

/** What the plan itself says of which event follows which: a handoff's ends follow its start, and what closes a journey follows all of it. */
export class EventOrder {
  readonly #after = new Map<string, Set<string>>();

  constructor({ handoffs, phases }: Draft<Plan>) {
    for (const [, { start, end }] of readable(handoffs)) for (const [, type] of readable(end)) this.#add(start, type);
    for (const [, { id, unit, closedBy }] of readable(phases)) {
      if (id === undefined || unit === undefined || !ONE_JOURNEY.includes(unit)) continue;
      const own = [...readable(handoffs)].flatMap(([, { phase, start, end = [] }]) =>
        phase === id ? [start, ...end] : [],
      );
      for (const [, closing] of readable(closedBy)) {
        for (const type of own) if (type !== closing && closedBy?.includes(type) !== true) this.#add(type, closing);
      }
    }
  }

  /** Whether one event comes before another, and never after it. */
  isBefore(one: string, other: string): boolean {
    return this.#leads(one, other) && !this.#leads(other, one);
  }

  #add(one: string | undefined, other: string): void {
    if (one === undefined) return;
    const after = this.#after.get(one) ?? new Set();
    this.#after.set(one, after.add(other));
  }

  #leads(from: string, to: string): boolean {
    const open = [...(this.#after.get(from) ?? [])];
    const seen = new Set<string>();
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === to) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(this.#after.get(next) ?? []));
    }
    return false;
  }
}
