import type { KeptRule } from '../../plan/counted-rule';
import type { Milliseconds } from '../../time/duration';
import { MOST_PATIENTS, RUNS, simulateWait, type Wait } from './simulate-wait';
import { crossing, goingOn } from './watchers';

const DAY = 86_400_000;

/** Half of all runs take no more, and nine tenths; null: more than are looked at. */
export interface Within {
  half: number | null;
  nineTenths: number | null;
}

/**
 * How long it takes to see something. `allowed`: the rule allows it, so it is not looked for. `noTest`: nothing can show it, such as a
 * comparison without anybody on legacy. `noSuch`: the kept rate cannot fall so far.
 */
export type Sight =
  | {
      kind: 'seen';
      patients: Within;
      /** A run is given up after so many patients on target: MOST_PATIENTS, or as many as the rule is about. */
      most: number;
      /** At so many patients on target a day; null where the volume is not known. */ days: Within | null;
    }
  | { kind: 'allowed' | 'noTest' | 'noSuch' };

export interface Fall {
  /** By how much the kept rate falls, 0 to 1; null: nothing is kept (outage). */
  drop: number | null;
  sight: Sight;
}

/** What a gate sees at one share of arrivals. */
export interface GatePower {
  falls: Fall[];
  /** How long it takes to show that target keeps to the rule, where it is as good as legacy. */
  goingOn: Sight;
  /** Falls that are not seen in the time that is watched, in nine runs of ten; null where that or the volume is not known. */
  unseen: (number | null)[] | null;
}

export interface Traffic {
  /** Of arrivals, that goes to target: above 0 to 1. */
  share: number;
  /** Arrivals a day on both sides; null: not known. */
  volume: number | null;
  watch: Milliseconds | null;
  /** Patients on target in the steps before, which a rule about the first so many has counted by then; null: not known, and none are taken for counted. */
  before: number | null;
}

export interface Question {
  /** Kept rate of what is healthy, above 0 to 1. */
  base: number;
  /** Above 0 to 1. */
  drops: readonly number[];
  /** Above 0 and below 1. */
  alpha: number;
}

/** Rates are not exact in binary. */
const NOISE = 1e-9;

/**
 * What gates see, by simulation with a fixed seed: target fails from its first patient on, legacy keeps at the base rate, each arrival has one outcome, and
 * the test looks at each. What was simulated once is remembered.
 */
export class GatePowers {
  readonly #known = new Map<string, Wait>();

  constructor(private readonly question: Question) {}

  of(whole: KeptRule, traffic: Traffic): GatePower {
    const { base, drops, alpha } = this.question;
    const rule = whatIsLeft(whole, traffic.before ?? 0);
    const falls = [...drops, null].map((drop): Fall => ({ drop, sight: this.#fall(rule, traffic, drop) }));
    const inTime = ({ sight }: Fall): boolean => {
      if (sight.kind !== 'seen') return sight.kind === 'noSuch';
      return (sight.days?.nineTenths ?? Infinity) * DAY <= (traffic.watch ?? 0);
    };
    const known = traffic.volume !== null && traffic.watch !== null;
    return {
      falls,
      goingOn: hasAll(rule)
        ? { kind: 'seen', patients: NOBODY, most: 0, days: NOBODY }
        : canGoOn(rule, traffic, base)
          ? this.#sight('going on', rule, traffic, base, goingOn(rule, alpha))
          : { kind: 'noTest' },
      unseen: known ? falls.filter((fall) => !inTime(fall)).map(({ drop }) => drop) : null,
    };
  }

  #fall(rule: KeptRule, traffic: Traffic, drop: number | null): Sight {
    const { base, alpha } = this.question;
    if (drop !== null && drop > base + NOISE) return { kind: 'noSuch' };
    const rate = drop === null ? 0 : Math.max(0, base - drop);
    if (rule.kind === 'comparison' && base - rate <= rule.margin + NOISE) return { kind: 'allowed' };
    if (rule.kind === 'floor' && rate >= rule.atLeast - NOISE) return { kind: 'allowed' };
    if (!canCross(rule, traffic)) return { kind: 'noTest' };
    return this.#sight('crossing', rule, traffic, rate, crossing(rule, alpha));
  }

  #sight(
    what: string,
    rule: KeptRule,
    traffic: Traffic,
    rate: number,
    begin: Parameters<typeof simulateWait>[1],
  ): Sight {
    // A floor and a count of cases look at target alone.
    const share = rule.kind === 'comparison' ? traffic.share : 1;
    const key = JSON.stringify([what, rule, share, rate]);
    const most = Math.min(MOST_PATIENTS, (rule.kind === 'zeroTolerance' ? rule.ofFirst : undefined) ?? MOST_PATIENTS);
    const arrivals = { share, target: rate, legacy: this.question.base };
    const wait = this.#known.get(key) ?? simulateWait(arrivals, begin, { patients: most, runs: RUNS });
    this.#known.set(key, wait);
    return {
      ...{ kind: 'seen', most },
      patients: within(wait, 1),
      days: traffic.volume === null ? null : within(wait, traffic.volume * traffic.share),
    };
  }
}

const NOBODY: Within = { half: 0, nineTenths: 0 };

/** Of a rule about the first so many, those that are still to come. What came before is taken for kept. */
function whatIsLeft(rule: KeptRule, before: number): KeptRule {
  if (rule.kind !== 'zeroTolerance' || rule.ofFirst === undefined) return rule;
  const counted = Math.floor(before);
  return {
    ...rule,
    ofFirst: Math.max(0, rule.ofFirst - counted),
    minimumOutcomes: Math.max(0, rule.minimumOutcomes - counted),
  };
}

/** Whether what it asks for has come in the steps before. */
function hasAll(rule: KeptRule): boolean {
  return rule.kind === 'zeroTolerance' && rule.minimumOutcomes <= 0;
}

function canCross(rule: KeptRule, { share }: Traffic): boolean {
  if (rule.kind === 'zeroTolerance') return rule.ofFirst === undefined || rule.ofFirst > rule.missed;
  if (rule.kind === 'comparison') return share < 1;
  return rule.atLeast < 1;
}

function canGoOn(rule: KeptRule, traffic: Traffic, base: number): boolean {
  if (rule.kind === 'zeroTolerance') return true;
  if (rule.kind === 'comparison' && (rule.notWorseBy ?? rule.margin) === 0) return false;
  // What keeps no more than that never shows that it does.
  if (rule.kind === 'floor' && base <= (rule.above ?? rule.atLeast) + NOISE) return false;
  return canCross(rule, traffic);
}

function within({ half, nineTenths }: Wait, by: number): Within {
  const finite = (value: number): number | null => (Number.isFinite(value) ? value / by : null);
  return { half: finite(half), nineTenths: finite(nineTenths) };
}
