import { comparesSides, type CountedRule } from '../counted-rule';
import type { Draft } from '../draft';
import type { PlanPhase } from '../plan-schema';
import { cohortVolumes } from './cohort-volumes';
import { decidesAfter, legacyAfter, stepFigures, type StepFigures, type WatchedStep } from './watched-steps';

const DAY = 86_400_000;

/** Cohorts of one ramp at one volume, whose steps are alike. */
interface AlikeCohorts {
  /** The first of them, in the plan's order. */
  cohort: string;
  count: number;
  steps: readonly StepFigures[];
  /** For each step, the outcomes on target that it and every later one has until a person is asked. */
  enough: readonly number[];
}

/** Steps in which a gate cannot decide. */
export interface Blind {
  /** In the plan's order. */
  first: WatchedStep;
  /** Counted no further than COUNTED. */
  others: number;
}

/** Nobody mends more of them one by one. */
export const COUNTED = 99;

/**
 * In which steps of a phase a gate has too few outcomes until a person is asked. Gates, cohorts and steps multiply, so each ramp is
 * reckoned once for each volume, and each number of outcomes once.
 */
export class BlindSteps {
  readonly #alike: readonly AlikeCohorts[];
  readonly #known = new Map<string, Blind | undefined>();

  constructor(phase: Draft<PlanPhase>) {
    this.#alike = alikeCohorts(phase);
  }

  /** Undefined where there is none. */
  of(rule: CountedRule): Blind | undefined {
    const key = `${comparesSides(rule) ? 'both sides' : 'target'} ${rule.minimumOutcomes}`;
    if (!this.#known.has(key)) this.#known.set(key, this.#find(rule));
    return this.#known.get(key);
  }

  #find(rule: CountedRule): Blind | undefined {
    let first: WatchedStep | undefined;
    let all = 0;
    const needed = comparesSides(rule) ? rule.minimumOutcomes : 0;
    for (const { cohort, count, steps, enough } of this.#alike) {
      if (all > COUNTED) break;
      let legacyBefore = 0;
      for (const [index, step] of steps.entries()) {
        // Whoever stayed on legacy so far is enough, and each step from here on has enough on target.
        if (legacyBefore >= needed && rule.minimumOutcomes <= (enough[index] ?? 0)) break;
        if (decidesAfter(rule, step, legacyBefore) > step.patience) {
          const { number, onTarget, onLegacy, patience } = step;
          first ??= { cohort, number, onTarget, onLegacy, legacyBefore, patience };
          all += count;
        }
        legacyBefore = legacyAfter(rule, step, legacyBefore);
      }
    }
    return first && { first, others: Math.min(all - 1, COUNTED) };
  }
}

function alikeCohorts(phase: Draft<PlanPhase>): AlikeCohorts[] {
  const wait = phase.hold?.insufficient;
  if (wait === undefined) return [];
  const alike: AlikeCohorts[] = [];
  const ofPhase = new Map<number, AlikeCohorts>();
  for (const [{ id = '', ramp }, volume] of cohortVolumes(phase)) {
    const known = ramp === undefined ? ofPhase.get(volume) : undefined;
    if (known !== undefined) {
      known.count += 1;
      continue;
    }
    const steps = stepFigures(ramp ?? phase.ramp, volume, wait);
    const added = { cohort: id, count: 1, steps, enough: enoughFrom(steps) };
    alike.push(added);
    if (ramp === undefined) ofPhase.set(volume, added);
  }
  return alike;
}

function enoughFrom(steps: readonly StepFigures[]): number[] {
  const enough: number[] = [];
  let least = Infinity;
  for (const { onTarget, patience } of [...steps].reverse()) {
    // A little less, so that a step that is rounded either way is looked at.
    least = Math.min(least, ((onTarget * patience) / DAY) * (1 - 1e-9));
    enough.push(least);
  }
  return enough.reverse();
}
