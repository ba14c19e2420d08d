import type { KeptRule } from '../../plan/counted-rule';
import { simulateWait, type Effort } from './simulate-wait';
import { crossing } from './watchers';

/** What is to be seen, and how. */
export interface Watched {
  rule: KeptRule;
  /** The chance of ever rolling back what is healthy, above 0 and below 1. */
  alpha: number;
  /** Of arrivals, that goes to target: above 0 to 1. */
  share: number;
  /** Kept rates, 0 to 1, of target as it fails and of legacy as it is well. */
  target: number;
  legacy: number;
}

/** With so many patients on target or more, whatever is gross is taken for seen: nobody waits for more to be reckoned. */
export const PLENTY = 80;
const EFFORT: Effort = { patients: PLENTY, runs: { least: 60, most: 60 } };
/** Questions that one plan may ask; what is beyond them is taken for seen. Real plans ask some ten. */
const MOST_ASKED = 30;
/** Of all plans that were asked for. */
const known = new Map<string, number>();
const MOST_KNOWN = 5_000;

/**
 * Whether gates see what is gross in time, for one plan: by simulation with a fixed seed, as `handoff gate power` does, but of few runs that are given up
 * early. The same for the same plan, whatever was asked before.
 */
export class SeenInTime {
  readonly #asked = new Set<string>();

  /** Whether so many patients on target are enough for nine runs of ten to see it. */
  within(patients: number, watched: Watched): boolean {
    const { rule, alpha, target, legacy } = watched;
    if (patients >= PLENTY) return true;
    if (rule.kind === 'zeroTolerance') return true;
    if (rule.test === 'threshold') return patients >= rule.minimumOutcomes;
    const limit = rule.kind === 'floor' ? rule.atLeast : legacy - rule.margin;
    // Allowed, or with nothing to compare or to test: it never crosses.
    if (target >= limit || (rule.kind === 'comparison' ? watched.share >= 1 : rule.atLeast >= 1)) return false;
    // A floor looks at target alone.
    const share = rule.kind === 'floor' ? 1 : watched.share;
    const key = JSON.stringify([
      rule.kind,
      rule.kind === 'floor' ? rule.atLeast : rule.margin,
      alpha,
      share,
      target,
      legacy,
    ]);
    if (this.#asked.size >= MOST_ASKED && !this.#asked.has(key)) return true;
    this.#asked.add(key);
    let needed = known.get(key);
    if (needed === undefined) {
      needed = simulateWait({ share, target, legacy }, crossing(rule, alpha), EFFORT).nineTenths;
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(key, needed);
    }
    return patients >= needed;
  }
}
