import { BUCKETS, type PlanPhase, type RampStep } from '../plan/plan-schema';
import type { Side } from '../sides/side';
import type { Milliseconds } from '../time/duration';

/** A step of a ramp, as a history is played against it. */
export interface PastStep {
  /** Of BUCKETS. */
  share: number;
  /** Journeys that target takes in 24 hours at most; null: no such limit. */
  perDay: number | null;
  watch: Milliseconds;
  /** How long it lasts at least where its gates have shown what was asked for; undefined: all of its watch. */
  watchAtLeast?: Milliseconds | undefined;
  /** Whether the split changes when it begins: the soak goes on at the split of the last step, in its epoch. */
  newEpoch: boolean;
}

const DAY: Milliseconds = 86_400_000;

/** The ramp of a phase with its soak. */
export function pastRamp(phase: PlanPhase): PastStep[] {
  return [...phase.ramp.map(pastStep), soakOf(phase)];
}

/** Everyone on target for as long as the whole ramp and its soak take: the history as one side. */
export function everyoneAtOnce(phase: PlanPhase): PastStep[] {
  const watch = phase.ramp.reduce((sum, step) => sum + step.watch, 0);
  return [{ share: BUCKETS, perDay: null, watch, newEpoch: true }, soakOf(phase)];
}

function pastStep({ share, perDay, watch, watchAtLeast }: RampStep): PastStep {
  return { share: share ?? BUCKETS, perDay: perDay ?? null, watch, watchAtLeast, newEpoch: true };
}

function soakOf({ soak }: PlanPhase): PastStep {
  return { share: BUCKETS, perDay: null, watch: soak, newEpoch: false };
}

/** Who would have been on which side: a journey is placed when it is first seen, and stays there. */
export class PastPlacing {
  private readonly sides = new Map<number, Side>();
  private step: PastStep;
  private dayBegan: number;
  private today = 0;

  /** @param buckets of the journeys, by their number */
  constructor(
    private readonly buckets: Int32Array,
    step: PastStep,
    at: number,
  ) {
    this.step = step;
    this.dayBegan = at;
  }

  /** A later step begins: those who are placed stay. */
  begin(step: PastStep, at: number): void {
    this.step = step;
    this.dayBegan = at;
    this.today = 0;
  }

  /** @param at not before any moment it was called with */
  sideOf(journey: number, at: number): Side {
    const known = this.sides.get(journey);
    if (known !== undefined) return known;
    const side = this.place(journey, at);
    this.sides.set(journey, side);
    return side;
  }

  private place(journey: number, at: number): Side {
    if ((this.buckets[journey] ?? BUCKETS) >= this.step.share) return 'legacy';
    if (this.step.perDay === null) return 'target';
    const days = Math.floor((at - this.dayBegan) / DAY);
    if (days > 0) {
      this.dayBegan += days * DAY;
      this.today = 0;
    }
    if (this.today >= this.step.perDay) return 'legacy';
    this.today += 1;
    return 'target';
  }
}
