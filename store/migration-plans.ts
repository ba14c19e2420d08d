import { EventContract } from '../domain/events/event-contract';
import { handoffRules, type HandoffRule } from '../domain/handoffs/handoff-rule';
import type { Plan } from '../domain/plan/plan-schema';
import type { Clock } from '../domain/time/clock';
import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';
import { getMigration, liveMigrations, type MigrationRecord } from './migration-records';
import { getPlan } from './plans';

/** A migration with its plan and what is derived from it once. All of it is fixed when the migration starts. */
export interface MigrationPlan {
  id: string;
  planHash: string;
  timeScale: number;
  /** Of the buckets; immutable, shared by the phases. */
  salt: string;
  plan: Plan;
  contract: EventContract;
  /** On the migration's own, compressed clock. */
  rules: readonly HandoffRule[];
}

/** How old the list of live migrations may be. A migration that it does not know is looked for at once. */
const REFRESH_AFTER: Milliseconds = 1_000;

/** Plans of migrations by id, kept in memory: they never change. Which migrations are live is read again each second. */
export class MigrationPlans {
  private readonly known = new Map<string, MigrationPlan>();
  /** By hash: several migrations may have the same. */
  private readonly plans = new Map<string, Plan>();
  private live: readonly MigrationPlan[] = [];
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  /** The migration of that id, live or ended; undefined where there is none or its plan is missing. */
  async byId(connection: Queryable, id: string): Promise<MigrationPlan | undefined> {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const record = await getMigration(connection, id);
    return record === undefined ? undefined : this.load(connection, record);
  }

  /** The migration of that id, if it was loaded before. */
  loaded(id: string): MigrationPlan | undefined {
    return this.known.get(id);
  }

  /** The live migration of that id. */
  async liveById(connection: Queryable, id: string): Promise<MigrationPlan | undefined> {
    const named = (migration: MigrationPlan): boolean => migration.id === id;
    return (await this.allLive(connection)).find(named) ?? (await this.refresh(connection)).find(named);
  }

  /** Every live migration, the oldest first. None is never answered from memory. */
  async allLive(connection: Queryable): Promise<readonly MigrationPlan[]> {
    const age = this.clock.now().getTime() - this.readAt;
    // A clock that was set back must not keep an old list.
    const fresh = age >= 0 && age < REFRESH_AFTER && this.live.length > 0;
    return fresh ? this.live : this.refresh(connection);
  }

  private async refresh(connection: Queryable): Promise<readonly MigrationPlan[]> {
    const readAt = this.clock.now().getTime();
    const live: MigrationPlan[] = [];
    for (const record of await liveMigrations(connection)) {
      const plan = this.known.get(record.id) ?? (await this.load(connection, record));
      if (plan !== undefined) live.push(plan);
    }
    this.live = live;
    this.readAt = readAt;
    return live;
  }

  private async load(connection: Queryable, record: MigrationRecord): Promise<MigrationPlan | undefined> {
    const plan = this.plans.get(record.planHash) ?? (await getPlan(connection, record.planHash));
    if (plan === undefined) return undefined;
    this.plans.set(record.planHash, plan);
    // Whoever asked at the same time may have it by now: there is one of each, since what is remembered of a migration hangs on it.
    const known = this.known.get(record.id);
    if (known !== undefined) return known;
    const loaded: MigrationPlan = {
      id: record.id,
      planHash: record.planHash,
      timeScale: record.timeScale,
      salt: record.salt,
      plan,
      contract: new EventContract(plan),
      rules: handoffRules(plan, record.timeScale),
    };
    this.known.set(record.id, loaded);
    return loaded;
  }
}
