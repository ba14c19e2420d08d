import { DomainError } from '../../domain/domain-error';
import { HookTranslator } from '../../domain/hooks/hook-translator';
import type { PlanHook } from '../../domain/plan/plan-schema';
import { hookSignature } from '../../platform/signatures/hook-signature';
import type { VerifySignature } from '../../platform/signatures/signed-request';
import type { Queryable } from '../../store/database';
import type { MigrationPlan, MigrationPlans } from '../../store/migration-plans';

export class UnknownHook extends DomainError {
  readonly code = 'unknown-hook';
  readonly status = 404;
  constructor() {
    super(
      "No plan of a migration under way has a hook of this name. Declare it under 'hooks', or start the migration.",
    );
  }
}

/** Several migrations under way have a hook of that name. */
export class HookOfSeveralMigrations extends DomainError {
  readonly code = 'hook-of-several-migrations';
  readonly status = 409;
  constructor() {
    super(
      "Several migrations under way have a hook of this name. Add '?migration=<id>' to the address that the vendor calls.",
    );
  }
}

/** A hook with what is made of it once. */
export interface ReadyHook {
  migration: MigrationPlan;
  hook: PlanHook;
  translator: HookTranslator;
  verify: VerifySignature;
}

/** The hooks of the migrations under way. What is made of one is made once for a version of its plan. */
export class HookBook {
  private readonly made = new WeakMap<MigrationPlan, Map<string, ReadyHook>>();

  constructor(
    private readonly db: Queryable,
    private readonly plans: MigrationPlans,
  ) {}

  /** @throws UnknownHook, HookOfSeveralMigrations */
  async find(name: string, migration: string | undefined): Promise<ReadyHook> {
    const live = await this.plans.allLive(this.db);
    const found = live.flatMap((one) =>
      migration === undefined || one.id === migration ? (this.hooksOf(one).get(name) ?? []) : [],
    );
    const [only, ...others] = found;
    if (only === undefined) throw new UnknownHook();
    if (others.length > 0) throw new HookOfSeveralMigrations();
    return only;
  }

  private hooksOf(migration: MigrationPlan): Map<string, ReadyHook> {
    const known = this.made.get(migration);
    if (known !== undefined) return known;
    const { plan, contract } = migration;
    const made = new Map(
      (plan.hooks ?? []).map((hook) => [
        hook.id,
        { migration, hook, translator: new HookTranslator(hook, plan, contract), verify: hookSignature(hook) },
      ]),
    );
    this.made.set(migration, made);
    return made;
  }
}
