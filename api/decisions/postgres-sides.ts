import type { Database } from '../../store/database';
import { evaluateFlag, type Evaluation } from './evaluate-flag';
import type { EvaluationContext } from './evaluation-context';
import type { PhaseFlag } from './find-flag';
import type { PreparedAnswer, SideAnswers } from './side-answers';

/** Asks Postgres for every side: the right to answer from memory is one that this process does not hold. */
export class PostgresSides implements SideAnswers {
  constructor(private readonly db: Database) {}

  flag(): PhaseFlag | undefined {
    return undefined;
  }

  liveFlags(): readonly PhaseFlag[] | undefined {
    return undefined;
  }

  remembered(): PreparedAnswer | undefined {
    return undefined;
  }

  evaluate(flag: PhaseFlag, context: EvaluationContext): Promise<Evaluation | undefined> {
    return evaluateFlag(this.db, flag, context);
  }

  onChange(): () => void {
    return () => undefined;
  }
}
