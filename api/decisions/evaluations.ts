import { DomainError } from '../../domain/domain-error';
import { InvalidContext } from '../../domain/sides/invalid-context';
import type { Queryable } from '../../store/database';
import type { MigrationPlans } from '../../store/migration-plans';
import { SideUndetermined } from '../../store/side-undetermined';
import { askedKey } from './asked-key';
import { evaluationOf, type Evaluation } from './evaluate-flag';
import { failureOf, type EvaluationFailure } from './evaluation-answer';
import { readContext, syntheticSideIn, uncheckedContext, type EvaluationContext } from './evaluation-context';
import { findFlag, liveFlags, type PhaseFlag } from './find-flag';
import type { Load } from './load';
import type { PreparedAnswer, SideAnswers } from './side-answers';

export interface EvaluationsParts {
  sides: SideAnswers;
  db: Queryable;
  plans: MigrationPlans;
  load: Load;
}

/** What memory held of a unit. */
interface Memory {
  unit: string;
  evaluation: Evaluation;
}

/** What is to be answered of one flag. */
interface Told {
  flag: PhaseFlag;
  answer: Evaluation | EvaluationFailure;
  /** Where it came from memory. */
  memory?: Memory;
}

/** Times that memory may change while the rest is waited for; so often in a row never happens by chance. */
const MOST_ROUNDS = 5;

/** Answers what a request's content asks: from memory where memory has it, else by asking, as far as this process takes that on. */
export class Evaluations {
  constructor(private readonly parts: EvaluationsParts) {}

  /** What memory holds of the one unit that is asked for; undefined where it must be asked. Never waits. */
  known(key: string, content: unknown): PreparedAnswer | undefined {
    const flag = this.parts.sides.flag(key);
    if (flag === undefined) return undefined;
    // Whoever is remembered was within the grammar when the side was written down; of another key it is not known yet.
    const context = uncheckedContext(content);
    const asked = askedKey(flag, context);
    if (asked === undefined || asked.unit !== context.targetingKey) return undefined;
    const known = this.parts.sides.keyOf(flag, asked);
    return known === undefined ? undefined : this.parts.sides.remembered(flag, known.unit);
  }

  /** @throws FlagNotFound, FlagAmbiguous, what `readContext` and `SideAnswers.evaluate` throw, Overloaded */
  one(key: string, content: unknown): Promise<Evaluation> {
    const { sides, db, plans, load } = this.parts;
    return load.take(async () => {
      const flag = sides.flag(key) ?? (await findFlag(db, plans, key));
      const context = readContext(content);
      const evaluation = ofSynthetic(flag, context) ?? (await sides.evaluate(flag, context));
      if (evaluation === undefined) throw unusableKey(flag);
      return evaluation;
    });
  }

  /**
   * Every phase of the live migrations whose unit the context names. I14: one after the other, in the order of the plan, so that each
   * phase sees what was written down in those before it.
   * @throws what `readContext` and `SideAnswers.evaluate` throw, but for what is wrong with the context for one flag alone; Overloaded
   */
  async all(content: unknown): Promise<(Evaluation | EvaluationFailure)[]> {
    const { sides, db, plans, load } = this.parts;
    const context = readContext(content);
    const told: Told[] = [];
    for (const flag of sides.liveFlags() ?? (await load.take(() => liveFlags(db, plans)))) {
      const answer = await this.oneOfAll(flag, context);
      if (answer !== undefined) told.push(answer);
    }
    await this.askAgain(told, context);
    return told.map(({ answer }) => answer);
  }

  /**
   * I2: while later phases were waited for, this process may have told whoever changed a split that it answers as of before no more. What memory
   * holds otherwise by now is asked again; nothing is waited for between the last look and the answer.
   * @throws SideUndetermined where it changed each time
   */
  private async askAgain(told: Told[], context: EvaluationContext): Promise<void> {
    for (let round = 0; ; round += 1) {
      const changed = told.filter(({ flag, memory }) => memory !== undefined && !this.isRemembered(flag, memory));
      if (changed.length === 0) return;
      if (round === MOST_ROUNDS) throw new SideUndetermined();
      for (const one of changed) Object.assign(one, { memory: undefined }, await this.oneOfAll(one.flag, context));
    }
  }

  private isRemembered(flag: PhaseFlag, { unit, evaluation }: Memory): boolean {
    return this.parts.sides.remembered(flag, unit)?.evaluation === evaluation;
  }

  private async oneOfAll(flag: PhaseFlag, context: EvaluationContext): Promise<Told | undefined> {
    const { sides, load } = this.parts;
    try {
      const asked = askedKey(flag, context);
      if (asked === undefined) return undefined;
      const synthetic = ofSynthetic(flag, context);
      if (synthetic !== undefined) return { flag, answer: synthetic };
      const unit = sides.keyOf(flag, asked)?.unit;
      const evaluation = unit === undefined ? undefined : sides.remembered(flag, unit)?.evaluation;
      if (unit !== undefined && evaluation !== undefined)
        return { flag, answer: evaluation, memory: { unit, evaluation } };
      const answer = await load.take(() => sides.evaluate(flag, context));
      return answer === undefined ? undefined : { flag, answer };
    } catch (error) {
      if (error instanceof DomainError && error.status === 400) return { flag, answer: failureOf(error, flag.key) };
      throw error;
    }
  }
}

/**
 * The side of a synthetic patient, whichever of the keys says that it is one: written down nowhere, so that it is no evidence and takes nobody's place. undefined
 * for everybody else, and where the context names no unit of the phase.
 */
function ofSynthetic(flag: PhaseFlag, context: EvaluationContext): Evaluation | undefined {
  const side = syntheticSideIn(context);
  if (side === undefined || askedKey(flag, context) === undefined) return undefined;
  return evaluationOf(flag, { side, reason: 'synthetic', cohort: null, epoch: 0 });
}

function unusableKey({ phase, migration }: PhaseFlag): InvalidContext {
  const kinds = [phase.unit, ...(phase.anonymousUnit === undefined ? [] : [phase.anonymousUnit])];
  const prefixes = kinds.map((kind) => `'${migration.plan.keys[kind] ?? ''}'`).join(' or ');
  const attributes = kinds.map((kind) => `'${kind}'`).join(' or ');
  return new InvalidContext(
    `This phase asks for the key of the ${kinds.join(' or the ')}: send one with the prefix ${prefixes} in targetingKey, or in the attribute ${attributes}.`,
  );
}
