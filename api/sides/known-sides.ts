import { LRUCache } from 'lru-cache';
import type { Side } from '../../domain/sides/side';
import type { MigrationPlan } from '../../store/migration-plans';
import type { PlacedUnit } from '../../store/place-units';
import type { ChangedUnit } from '../../store/side-changes';
import { evaluationOf } from '../decisions/evaluate-flag';
import type { PhaseFlag } from '../decisions/find-flag';
import type { PreparedAnswer } from '../decisions/side-answers';

/** Said of a side that is remembered: it was written down before, or that is the last that was heard of it. */
type Remembering = 'placedBefore' | 'stale';

/** What every unit is answered that was placed in one cohort, on one side, under one epoch. Shared by all of them. */
class SharedAnswer {
  /** Whether it may still be given: false once people of its cohort may have been brought back. */
  valid = true;
  /** By what the flag was called. */
  private readonly prepared: Readonly<Record<Remembering, Map<string, PreparedAnswer>>> = {
    placedBefore: new Map(),
    stale: new Map(),
  };

  constructor(readonly placed: Omit<PlacedUnit, 'reason'>) {}

  as(flag: PhaseFlag, reason: Remembering): PreparedAnswer {
    const prepared = this.prepared[reason];
    let answer = prepared.get(flag.key);
    if (answer === undefined) {
      const evaluation = evaluationOf(flag, { ...this.placed, reason });
      answer = { evaluation, body: Buffer.from(JSON.stringify(evaluation)) };
      prepared.set(flag.key, answer);
    }
    return answer;
  }
}

/**
 * The sides that this process remembers: of the units asked for lately, as many as it may hold. Whether it may answer from them is another
 * question (ProcessRight).
 */
export class KnownSides {
  private readonly units: LRUCache<string, SharedAnswer>;
  /** By migration, phase, cohort, side and epoch. */
  private readonly shared = new Map<string, SharedAnswer>();
  /** A short name of each phase, since it stands before every key. */
  private readonly names = new WeakMap<MigrationPlan, Map<string, string>>();
  private named = 0;

  /** @param capacity units at most; each takes some 200 bytes */
  constructor(capacity: number) {
    this.units = new LRUCache({ max: capacity });
  }

  /** Units that are remembered. */
  get size(): number {
    return this.units.size;
  }

  get(flag: PhaseFlag, unit: string, reason: Remembering): PreparedAnswer | undefined {
    const known = this.units.get(this.keyOf(flag, unit));
    return known?.valid === true ? known.as(flag, reason) : undefined;
  }

  set(flag: PhaseFlag, unit: string, { side, cohort, epoch }: Omit<PlacedUnit, 'reason'>): void {
    const name = `${phaseName(flag.migration.id, flag.phase.id)}/${cohort ?? ''}/${side}/${epoch}`;
    let answer = this.shared.get(name);
    if (answer === undefined) this.shared.set(name, (answer = new SharedAnswer({ side, cohort, epoch })));
    this.units.set(this.keyOf(flag, unit), answer);
  }

  /** Of a cohort whose people may have been brought back, nobody's `target` is remembered any more. */
  forgetTarget(migration: string, phase: string, cohort: string): void {
    this.forgetShared(`${phaseName(migration, phase)}/${cohort}/${'target' satisfies Side}/`);
  }

  forget({ migration, phase, unit }: ChangedUnit, plan: MigrationPlan | undefined): void {
    // Of a migration whose plan this process does not have, it remembers nobody.
    const names = plan?.id === migration ? this.names.get(plan) : undefined;
    for (const [named, name] of names ?? []) if (phase === null || phase === named) this.units.delete(name + unit);
  }

  forgetAll(): void {
    this.units.clear();
    this.shared.clear();
  }

  private forgetShared(beginning: string): void {
    for (const [name, answer] of this.shared) {
      if (!name.startsWith(beginning)) continue;
      answer.valid = false;
      this.shared.delete(name);
    }
  }

  private keyOf({ migration, phase }: PhaseFlag, unit: string): string {
    let names = this.names.get(migration);
    if (names === undefined) this.names.set(migration, (names = new Map<string, string>()));
    let name = names.get(phase.id);
    if (name === undefined) names.set(phase.id, (name = `${(this.named += 1).toString(36)}/`));
    return name + unit;
  }
}

function phaseName(migration: string, phase: string): string {
  return `${migration}/${phase}`;
}
