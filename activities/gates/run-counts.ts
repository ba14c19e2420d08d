import type { Side } from '../../domain/sides/side';
import type { Queryable } from '../../store/database';
import { countRuns, type CountedRuns, type Settled } from '../../store/synthetic-runs';
import type { OutcomeWindow } from './outcome-source';

/** Of so many gates and windows what is settled is remembered; each is asked for every few seconds while its step is watched. */
const MOST_REMEMBERED = 1_000;

/**
 * Counts runs of synthetic patients, each of them once: what began before all that may still end is remembered as a number. What is forgotten, as by a
 * restart, is counted again.
 */
export class RunCounts {
  private readonly settled = new Map<string, Settled>();

  constructor(private readonly db: Queryable) {}

  async count(window: Omit<OutcomeWindow, 'now'>): Promise<Record<Side, CountedRuns>> {
    const { migration, phase, cohort, gate, since } = window;
    const key = JSON.stringify([migration, phase, cohort, gate, since]);
    const counted = await countRuns(this.db, { migration, phase, cohort, gate }, since, this.settled.get(key));
    const { target, legacy } = counted;
    // The one that was asked for longest ago goes first.
    this.settled.delete(key);
    this.settled.set(key, { target: target.settled, legacy: legacy.settled });
    const [oldest] = this.settled.keys();
    if (this.settled.size > MOST_REMEMBERED && oldest !== undefined) this.settled.delete(oldest);
    return counted;
  }
}
