import type { UnitInPhase } from './wrong-side-events';

/** Units of which a placement is asked for, each once: most of what a journey says is of the same ones. */
export class UnitsInPhases {
  readonly all: UnitInPhase[] = [];
  private readonly numbers = new Map<string, number>();

  /** Its place in `all`. */
  numberOf(one: UnitInPhase): number {
    // None of the four holds such a sign, and one that is not there is no empty one.
    const key = `${one.migration}\u0000${one.phase}\u0000${one.unit ?? '\u0001'}\u0000${one.visitor ?? '\u0001'}`;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.all.length);
    return this.all.push(one) - 1;
  }
}
