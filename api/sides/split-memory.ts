import { bucketOf } from '../../domain/sides/bucket';
import type { PlacingFacts } from '../../store/placing-facts';
import type { RememberedSplit } from '../../store/side-changes';
import type { PhaseFlag } from '../decisions/find-flag';

/** The splits as this process last read them. Good for a first guess, and for what is answered while Postgres is away; never for a fence. */
export class SplitMemory {
  private readonly splits = new Map<string, RememberedSplit>();
  /** When each was last taken over of which people were being brought back, or may have been since the time before. */
  private readonly returnedIn = new Map<string, number>();

  /** Takes splits over, as the `taking`-th time, and gives those of which people may have been brought back since. */
  take(changed: readonly RememberedSplit[], taking: number): RememberedSplit[] {
    const returned: RememberedSplit[] = [];
    for (const split of changed) {
      const name = nameOf(split.migration, split.phase, split.cohort);
      const before = this.splits.get(name);
      const returnedAnew = before?.returnedEpoch !== split.returnedEpoch;
      if (returnedAnew) returned.push(split);
      if (returnedAnew || before.mode === 'returning') this.returnedIn.set(name, taking);
      this.splits.set(name, split);
    }
    return returned;
  }

  of({ migration, phase }: PhaseFlag, cohort: string): RememberedSplit | undefined {
    return this.splits.get(nameOf(migration.id, phase.id, cohort));
  }

  /** Whether nobody of it can have been brought back since what was asked after that many takings. */
  isSteadySince({ migration, phase }: PhaseFlag, cohort: string, takings: number): boolean {
    const name = nameOf(migration.id, phase.id, cohort);
    const split = this.splits.get(name);
    return split !== undefined && split.mode !== 'returning' && takings >= (this.returnedIn.get(name) ?? 0);
  }

  /**
   * The facts of a unit's first question in the first phase of a plan, where the split alone decides; undefined where there is more to look
   * at. Its lease, a process in limbo and an earlier placement are taken for granted: they are checked where the side is written.
   */
  factsOf(flag: PhaseFlag, unit: string, cohort: string | null): PlacingFacts | undefined {
    const facts = { cohort, bucket: bucketOf(flag.migration.salt, unit), takenToday: 0, openNow: 0 };
    if (cohort === null) return facts;
    const split = this.of(flag, cohort);
    if (split === undefined || flag.migration.plan.phases[0]?.id !== flag.phase.id) return undefined;
    const { share, perDay, maxOpen, mode, epoch } = split;
    if ((perDay !== null || maxOpen !== null) && facts.bucket < share) return undefined;
    return { ...facts, epoch, split: { share, perDay, maxOpen, mode, unattended: false } };
  }
}

function nameOf(migration: string, phase: string, cohort: string): string {
  return `${migration}/${phase}/${cohort}`;
}
