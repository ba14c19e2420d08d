import { EventContract } from '../domain/events/event-contract';
import { EventSides } from '../domain/handoffs/event-sides';
import { handoffRules, type HandoffRule } from '../domain/handoffs/handoff-rule';
import type { Plan } from '../domain/plan/plan-schema';
import type { Clock } from '../domain/time/clock';
import type { Milliseconds } from '../domain/time/duration';
import type { Queryable } from './database';
import { getMigration, getMigrations, liveMigrations, type MigrationRecord } from './migration-records';
import { handoffsDeclaredSince } from './plan-versions';
import { getPlan } from './plans';

/** A migration with the version of its plan in force, and what is derived from it once. Another version makes another of these. */
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
  /** Where its events come from. */
  sides: EventSides;
}

/** How old the list of live migrations may be. A migration that it does not know is looked for at once. */
const REFRESH_AFTER: Milliseconds = 1_000;

/** Plans of migrations by id, kept in memory. Which migrations are live, and by which version each goes, is read again each second. */
export class MigrationPlans {
  private readonly known = new Map<string, MigrationPlan>();
  /** Those of which no other version can come. */
  private readonly ended = new Set<string>();
  /** By hash: several migrations may have the same. */
  private readonly plans = new Map<string, Plan>();
  private live: readonly MigrationPlan[] = [];
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  /** The migration of that id, live or ended; undefined where there is none or its plan is missing. Its version is one second old at most. */
  async byId(connection: Queryable, id: string): Promise<MigrationPlan | undefined> {
    const known = this.known.get(id);
    if (known === undefined) return this.asOfNow(connection, id);
    if (this.ended.has(id)) return known;
    if (!this.isFresh) await this.refresh(connection);
    return this.known.get(id);
  }

  /** The same by the version in force now: for whoever acts on what was accepted by it. */
  async asOfNow(connection: Queryable, id: string): Promise<MigrationPlan | undefined> {
    const record = await getMigration(connection, id);
    return record === undefined ? undefined : this.load(connection, record);
  }

  /** The same of several, by id, in one statement. Those that are not there, or whose plan is missing, are left out. */
  async allAsOfNow(connection: Queryable, ids: Iterable<string>): Promise<Map<string, MigrationPlan>> {
    const found = new Map<string, MigrationPlan>();
    for (const record of await getMigrations(connection, [...new Set(ids)])) {
      const plan = await this.load(connection, record);
      if (plan !== undefined) found.set(record.id, plan);
    }
    return found;
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
    return this.isFresh && this.live.length > 0 ? this.live : this.refresh(connection);
  }

  private get isFresh(): boolean {
    const age = this.clock.now().getTime() - this.readAt;
    // A clock that was set back must not keep an old list.
    return age >= 0 && age < REFRESH_AFTER;
  }

  private async refresh(connection: Queryable): Promise<readonly MigrationPlan[]> {
    const readAt = this.clock.now().getTime();
    const live: MigrationPlan[] = [];
    for (const record of await liveMigrations(connection)) {
      const plan = await this.load(connection, record);
      if (plan !== undefined) live.push(plan);
    }
    for (const { id } of this.live) {
      // It may have taken another version just before it ended.
      if (!live.some((one) => one.id === id)) await this.asOfNow(connection, id);
    }
    this.live = live;
    this.readAt = readAt;
    return live;
  }

  private async load(connection: Queryable, record: MigrationRecord): Promise<MigrationPlan | undefined> {
    const { id, planHash, salt, timeScale, startedAt, state } = record;
    if (this.known.get(id)?.planHash !== planHash) {
      const plan = this.plans.get(planHash) ?? (await getPlan(connection, planHash));
      if (plan === undefined) return undefined;
      this.plans.set(planHash, plan);
      const rules = handoffRules(plan, timeScale, {
        declaredSince: await handoffsDeclaredSince(connection, id),
        startedAt,
      });
      // Whoever asked at the same time may have it by now: there is one of each version.
      if (this.known.get(id)?.planHash !== planHash) {
        const made = { contract: new EventContract(plan), rules, sides: new EventSides(plan) };
        this.known.set(id, { id, planHash, timeScale, salt, plan, ...made });
      }
    }
    if (state === 'ended') this.ended.add(id);
    return this.known.get(id);
  }
}
