import type { Stream } from '../streams';

/** What one does by a rule over a whole stream. */
export interface Decision {
  /** Minute at whose end it rolls back; null: it does not. */
  rollsBackAfter: number | null;
  /** Not rolled back, does it go on at the end? Otherwise it holds. */
  goesOn: boolean;
}

export interface Rule {
  name: string;
  decide: (stream: Stream) => Decision;
}

/** Sums of a stream's minutes, taken as they come. */
export class Tally {
  kept = 0;
  missed = 0;
  legacyKept = 0;
  legacyMissed = 0;

  add(stream: Stream, minute: number): void {
    this.kept += stream[4 * minute] ?? 0;
    this.missed += stream[4 * minute + 1] ?? 0;
    this.legacyKept += stream[4 * minute + 2] ?? 0;
    this.legacyMissed += stream[4 * minute + 3] ?? 0;
  }

  get onTarget(): number {
    return this.kept + this.missed;
  }

  get onLegacy(): number {
    return this.legacyKept + this.legacyMissed;
  }
}

/** A rule that looks at target's kept rate of each whole hour. @param look of the rate, null without outcomes; 'rollback' ends it */
export function hourly(look: () => (rate: number | null) => 'rollback' | 'holds' | 'goesOn'): Rule['decide'] {
  return (stream) => {
    const judge = look();
    let says: ReturnType<typeof judge> = 'holds';
    for (let minute = 0; minute < stream.length / 4; minute += 60) {
      const tally = new Tally();
      for (let within = minute; within < minute + 60; within += 1) tally.add(stream, within);
      says = judge(tally.onTarget === 0 ? null : tally.kept / tally.onTarget);
      if (says === 'rollback') return { rollsBackAfter: minute + 59, goesOn: false };
    }
    return { rollsBackAfter: null, goesOn: says === 'goesOn' };
  };
}
