import type { AskedKey } from './asked-key';
import type { Evaluation } from './evaluate-flag';
import type { JsonBody } from './evaluation-answer';
import type { EvaluationContext } from './evaluation-context';
import type { PhaseFlag } from './find-flag';

/** An answer that stays the same for as long as it may be given, so that it is made once. */
export interface PreparedAnswer {
  /** Of `evaluation`. */
  readonly body: JsonBody;
  readonly evaluation: Evaluation;
}

/** Who knows the sides: of this process's memory, for as long as it holds the right to answer from it, and of Postgres. */
export interface SideAnswers {
  /** The flag of that key, from memory; undefined where memory does not have it, which says nothing: then `findFlag`. */
  flag(key: string): PhaseFlag | undefined;
  /** Every phase of every live migration by its full key, each migration's in its plan's order, from memory; undefined where memory does not have them: then `liveFlags`. */
  liveFlags(): readonly PhaseFlag[] | undefined;
  /** The key to ask by; undefined where the two keys of one person that were sent must be linked first. Never waits. */
  keyOf(flag: PhaseFlag, asked: AskedKey): AskedKey | undefined;
  /** The side that this process may answer without asking anybody; undefined where it must ask. Never waits. */
  remembered(flag: PhaseFlag, unit: string): PreparedAnswer | undefined;
  /**
   * The side of the context's unit, written down before it is answered; undefined where the context names no such unit.
   * @throws InvalidContext, KeyOutsideGrammar, SideUndetermined, SidesOutOfReach, or the database's own error
   */
  evaluate(flag: PhaseFlag, context: EvaluationContext): Promise<Evaluation | undefined>;
  /** Calls the listener after each change of any split that this process has taken over; gives what ends that. */
  onChange(listener: () => void): () => void;
}
