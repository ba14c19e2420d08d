import type { CountedRule, KeptRule } from '../../plan/counted-rule';
import { unreachable } from '../../unreachable';
import { beginComparison, comparisonEvidence, takeComparison } from '../sequential/comparison';
import { reaches } from '../sequential/evidence';
import { beginFloor, floorEvidence, takeFloor } from '../sequential/floor';
import {
  aboveFloorEvidence,
  beginAboveFloor,
  beginNotWorse,
  takeAboveFloor,
  takeNotWorse,
} from '../sequential/going-on';
import { addOutcomes, NO_OUTCOMES, total, type Outcomes } from '../sequential/outcomes';
import { beginRatio, ratioEvidence, takeRatio } from '../sequential/ratio';
import type { Watcher } from './simulate-wait';

/** Looks for a crossed limit, by the gate's test; zero tolerance counts. */
export function crossing(rule: CountedRule, alpha: number): () => Watcher {
  switch (rule.kind) {
    case 'comparison':
      return () => {
        let state = beginComparison();
        return (increment) => {
          const { mixture } = state;
          state = takeComparison(rule.margin, state, increment);
          // Most outcomes fill no block, and show nothing.
          return state.mixture !== mixture && reaches(comparisonEvidence(state), alpha);
        };
      };
    case 'ratio':
      return () => {
        let state = beginRatio();
        return (increment) => {
          const { counts } = state;
          state = takeRatio(rule.times, state, increment, 'all');
          return state.counts !== counts && reaches(ratioEvidence(state), alpha);
        };
      };
    case 'floor':
      return () => {
        let state = beginFloor();
        return ({ target }) => {
          state = takeFloor(rule.atLeast, state, target);
          return reaches(floorEvidence(state), alpha);
        };
      };
    case 'zeroTolerance':
      return () => {
        const count = countFirst(rule.ofFirst);
        return ({ target }) => count(target).missed > rule.missed;
      };
    default:
      return unreachable(rule);
  }
}

/**
 * Looks for enough to go on: that target is not worse than legacy by what the rule asks, its margin unless it says so, or keeps more than it asks, its
 * floor unless it says so; that zero tolerance has its outcomes without a crossed limit.
 */
export function goingOn(rule: KeptRule, alpha: number): () => Watcher {
  switch (rule.kind) {
    case 'comparison':
      return () => {
        let state = beginNotWorse();
        return (increment) => {
          state = takeNotWorse(rule.notWorseBy ?? rule.margin, state, increment);
          return reaches(state.logEvidence, alpha);
        };
      };
    case 'floor':
      return () => {
        let state = beginAboveFloor();
        return ({ target }) => {
          state = takeAboveFloor(rule.above ?? rule.atLeast, state, target);
          return reaches(aboveFloorEvidence(state), alpha);
        };
      };
    case 'zeroTolerance':
      return () => {
        const count = countFirst(rule.ofFirst);
        return ({ target }) => {
          const first = count(target);
          return first.missed <= rule.missed && total(first) >= rule.minimumOutcomes;
        };
      };
    default:
      return unreachable(rule);
  }
}

/** Counts all of them, or the first so many: of those that come at once and are too many, missed ones first, as a live gate does. */
function countFirst(most = Infinity): (came: Outcomes) => Outcomes {
  let counted = NO_OUTCOMES;
  return ({ kept, missed }) => {
    const room = most - total(counted);
    const missing = Math.min(missed, room);
    return (counted = addOutcomes(counted, { missed: missing, kept: Math.min(kept, room - missing) }));
  };
}
