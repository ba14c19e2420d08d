import type { Counter } from 'prom-client';
import type { OnWatchFailure } from '../activities/gates/watch-failure';
import { describeFailure } from '../platform/describe-failure';
import type { Logger } from '../platform/logger';
import { Seldom } from '../platform/seldom';

/** Counts every failure within a look, and logs each once, until it changes or a minute has passed. */
export function tellWatchFailures(
  failures: Counter<'of'>,
  logger: Pick<Logger, 'error'>,
  seldom = new Seldom(),
): OnWatchFailure {
  return (found) => {
    failures.inc({ of: found.of });
    const failure = describeFailure(found.error);
    const says = JSON.stringify(failure);
    switch (found.of) {
      case 'judging': {
        const { migration, phase, cohort, gate } = found;
        if (!seldom.isDue(JSON.stringify([migration, phase, cohort, gate]), says)) return;
        logger.error({ migration, phase, cohort, gate, failure }, 'a gate could not be judged: its step waits');
        return;
      }
      case 'arrivals': {
        const { cohorts } = found;
        if (!seldom.isDue(found.of, says)) return;
        const [only] = cohorts;
        const of = cohorts.length === 1 ? only : { cohorts: cohorts.length };
        logger.error(
          { ...of, failure },
          'who arrived could not be counted by side: whether the split splits is not known until that works again',
        );
      }
    }
  };
}
