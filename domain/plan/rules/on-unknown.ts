import { readable, type Rule } from './rule';

/** I1, I14: a side that is told in an outage is a guess about whom another process knows. Whoever declares one is to know what it risks. */
export const guessedSides: Rule = function* ({ phases }) {
  for (const [index, { onUnknown }] of readable(phases)) {
    const path = ['phases', index, 'onUnknown'];
    if (onUnknown?.beforeCommit === 'legacy') {
      yield {
        code: 'WH533',
        path: [...path, 'beforeCommit'],
        message:
          "In an outage, somebody on target whom another API process was asked for, or this one before it was started, is told legacy in the middle of their journey. Write 'tryAgain', unless each unit's questions go to one process, or a wrong side does no harm here.",
      };
    }
    if (onUnknown?.afterCommit === 'target') {
      yield {
        code: 'WH534',
        path: [...path, 'afterCommit'],
        message:
          "In an outage, somebody who is on legacy since before the commit, and is not known to the API process that is asked, is told target in the middle of their journey. Write 'tryAgain', unless nobody is left there, or a wrong side does no harm here.",
      };
    }
  }
};
