import type { Plan, PlanPhase, RollbackRule } from '../domain/plan/plan-schema';
import { DomainError } from '../domain/domain-error';
import type { Queryable } from '../store/database';
import { getPlan } from '../store/plans';

/** A migration's plan is not in the store: it was started against another database, or this one lost rows. */
export class PlanNotStored extends DomainError {
  readonly code = 'plan-not-stored';
  readonly status = 500;
  constructor() {
    super(
      'The plan of this migration is not in the database. Check that DATABASE_URL names the database it was started with.',
    );
  }
}

/** Gives plans by hash. A plan never changes, so each is read once. */
export class PlanReader {
  private readonly known = new Map<string, Plan>();

  constructor(private readonly db: Queryable) {}

  /** Knows a plan that may not be stored. */
  knowing(hash: string, plan: Plan): this {
    this.known.set(hash, plan);
    return this;
  }

  /** @throws PlanNotStored */
  async plan(hash: string): Promise<Plan> {
    const known = this.known.get(hash);
    if (known !== undefined) return known;
    const plan = await getPlan(this.db, hash);
    if (plan === undefined) throw new PlanNotStored();
    this.known.set(hash, plan);
    return plan;
  }

  /** @throws PlanNotStored where the plan, or the phase in it, is not there */
  async phase(hash: string, phase: string): Promise<PlanPhase> {
    const found = (await this.plan(hash)).phases.find(({ id }) => id === phase);
    if (found === undefined) throw new PlanNotStored();
    return found;
  }

  /** What was agreed to do when a limit of the phase's gates is crossed. @throws PlanNotStored */
  async rollbackRules(hash: string, phase: string): Promise<RollbackRule[]> {
    return (await this.plan(hash)).rollbackRules.filter((rule) => rule.phase === phase);
  }
}
