import type { Milliseconds } from '../../domain/time/duration';
import type { Queryable } from '../../store/database';
import type { MigrationPlans } from '../../store/migration-plans';
import { liveFlags, type PhaseFlag } from '../decisions/find-flag';
import type { ElapsedTime } from './process-right';

/** How old the list of live migrations may be that flags are found in without asking. */
const GOOD_FOR: Milliseconds = 2_000;

/** The flags of live migrations by every key that names them, as last read. */
export class FlagBook {
  private byKey = new Map<string, PhaseFlag>();
  private flags: readonly PhaseFlag[] = [];
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly plans: MigrationPlans,
    private readonly elapsed: ElapsedTime,
  ) {}

  /** Whether what is here may be taken for what there is. */
  get isFresh(): boolean {
    return this.elapsed() < this.readAt + GOOD_FOR;
  }

  /** undefined: they were never read. */
  get all(): readonly PhaseFlag[] | undefined {
    return this.readAt === Number.NEGATIVE_INFINITY ? undefined : this.flags;
  }

  find(key: string): PhaseFlag | undefined {
    return this.byKey.get(key);
  }

  /** @throws the database's own error */
  async read(connection: Queryable): Promise<void> {
    const readAt = this.elapsed();
    const flags = await liveFlags(connection, this.plans);
    this.readAt = readAt;
    const same = flags.length === this.flags.length && flags.every((flag, at) => isSame(flag, this.flags[at]));
    if (same) return;
    this.flags = flags;
    this.byKey = new Map(flags.map((flag) => [flag.key, flag]));
    // The bare phase, while exactly one live migration has it.
    const bare = flags.map((flag) => ({ ...flag, key: flag.phase.id }));
    for (const flag of bare) {
      if (bare.filter(({ key }) => key === flag.key).length === 1) this.byKey.set(flag.key, flag);
    }
  }
}

function isSame(one: PhaseFlag, other: PhaseFlag | undefined): boolean {
  return one.migration === other?.migration && one.phase === other.phase;
}
