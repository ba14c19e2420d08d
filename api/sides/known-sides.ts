import type { Side } from '../../domain/sides/side';
import type { PlacedUnit } from '../../store/place-units';
import type { ChangedUnit } from '../../store/side-changes';
import { evaluationOf } from '../decisions/evaluate-flag';
import { jsonBody } from '../decisions/evaluation-answer';
import type { PhaseFlag } from '../decisions/find-flag';
import type { PreparedAnswer } from '../decisions/side-answers';
import { UnitTable } from './unit-table';

/** Said of a side that is remembered: it was written down before, or that is the last that was heard of it. */
type Remembering = 'placedBefore' | 'stale';

/** The number of no answer: that of a unit which has a side, or may have, that is not known here. */
const IN_DOUBT = 2 ** 32 - 1;

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
      answer = { evaluation, body: jsonBody(evaluation) };
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
  private readonly units: UnitTable;
  /** What units are remembered to be answered, by its number; some thousands in the longest migration. */
  private answers: SharedAnswer[] = [];
  /** The numbers of those that may still be given, by migration, phase, cohort, side and epoch. */
  private readonly shared = new Map<string, number>();
  /** A number of each phase, by migration and phase: the same whichever version of the plan is in force. */
  private readonly numbers = new Map<string, Map<string, number>>();
  private numbered = 0;

  /** @param capacity units at most */
  constructor(capacity: number) {
    this.units = new UnitTable(capacity);
  }

  /** Units that are remembered. */
  get size(): number {
    return this.units.size;
  }

  get(flag: PhaseFlag, unit: string, reason: Remembering): PreparedAnswer | undefined {
    const number = this.units.get(this.numberOf(flag), unit);
    const known = number === undefined ? undefined : this.answers[number];
    return known?.valid === true ? known.as(flag, reason) : undefined;
  }

  set(flag: PhaseFlag, unit: string, { side, cohort, epoch }: Omit<PlacedUnit, 'reason'>): void {
    const name = `${phaseName(flag.migration.id, flag.phase.id)}/${cohort ?? ''}/${side}/${epoch}`;
    let number = this.shared.get(name);
    if (number === undefined) {
      number = this.answers.push(new SharedAnswer({ side, cohort, epoch })) - 1;
      this.shared.set(name, number);
    }
    this.units.set(this.numberOf(flag), unit, number);
  }

  /** Whoever may have a side that is not known here is not told another while nobody can be asked. Takes no remembered side away. */
  doubt(flag: PhaseFlag, unit: string): void {
    const phase = this.numberOf(flag);
    const number = this.units.get(phase, unit);
    if (number === undefined || !this.isValid(number)) this.units.set(phase, unit, IN_DOUBT);
  }

  /** It surely was not placed after all. Takes no remembered side away. */
  clearDoubt(flag: PhaseFlag, unit: string): void {
    const phase = this.numberOf(flag);
    if (this.units.get(phase, unit) === IN_DOUBT) this.units.delete(phase, unit);
  }

  /** Whether the unit may have a side, and it is not known here which. */
  isInDoubt(flag: PhaseFlag, unit: string): boolean {
    const number = this.units.get(this.numberOf(flag), unit);
    return number !== undefined && !this.isValid(number);
  }

  /** Of a cohort whose people may have been brought back, nobody's `target` is remembered any more. */
  forgetTarget(migration: string, phase: string, cohort: string): void {
    this.forgetShared(`${phaseName(migration, phase)}/${cohort}/${'target' satisfies Side}/`);
  }

  /** Nobody's side of that migration is remembered any more; that they have one is. */
  forgetMigration(migration: string): void {
    this.forgetShared(`${migration}/`);
  }

  forget({ migration, phase, unit }: ChangedUnit): void {
    for (const [named, number] of this.numbers.get(migration) ?? [])
      if (phase === null || phase === named) this.units.delete(number, unit);
  }

  forgetAll(): void {
    this.units.clear();
    this.shared.clear();
    this.answers = [];
  }

  private isValid(number: number): boolean {
    return this.answers[number]?.valid === true;
  }

  private forgetShared(beginning: string): void {
    for (const [name, number] of this.shared) {
      if (!name.startsWith(beginning)) continue;
      const answer = this.answers[number];
      if (answer !== undefined) answer.valid = false;
      this.shared.delete(name);
    }
  }

  private numberOf({ migration, phase }: PhaseFlag): number {
    let numbers = this.numbers.get(migration.id);
    if (numbers === undefined) this.numbers.set(migration.id, (numbers = new Map<string, number>()));
    let number = numbers.get(phase.id);
    if (number === undefined) numbers.set(phase.id, (number = this.numbered += 1));
    return number;
  }
}

function phaseName(migration: string, phase: string): string {
  return `${migration}/${phase}`;
}
