import type { Milliseconds } from '../../domain/time/duration';
import type { Queryable } from '../../store/database';
import type { MigrationPlans } from '../../store/migration-plans';
import { liveFlags, type PhaseFlag } from '../decisions/find-flag';
import type { ElapsedTime } from './process-right';

/** How old the list of live migrations may be that flags are found in without asking. */
const GOOD_FOR: Milliseconds = 2_000;

/** The flags of live migrations by every key that names them, as last read; and those of any migration by their full key, by its plan as last read. */
export class FlagBook {
  private byKey = new Map<string, PhaseFlag>();
  private flags: readonly PhaseFlag[] = [];
  /** By full key, of migrations whose plan is loaded: also of one that started after the last reading, and of one that has ended. */
  private readonly lasting = new Map<string, PhaseFlag>();
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

  /** @param old whether a list that is not fresh does, where there is no other */
  find(key: string, old: boolean): PhaseFlag | undefined {
    return (this.isFresh || old ? this.byKey.get(key) : undefined) ?? this.findLasting(key);
  }

  private findLasting(key: string): PhaseFlag | undefined {
    const [id = '', phaseId] = key.split('.', 2);
    const migration = this.plans.loaded(id);
    const lasting = this.lasting.get(key);
    // Another version of the plan has other flags.
    if (lasting !== undefined && lasting.migration === migration) return lasting;
    const phase = migration?.plan.phases.find((one) => one.id === phaseId);
    if (migration === undefined || phase === undefined || key !== `${id}.${phase.id}`) return undefined;
    const flag = { key, migration, phase };
    this.lasting.set(key, flag);
    return flag;
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
