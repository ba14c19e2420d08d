import { crossing } from '../../gates/power/watchers';
import { FALSE_ROLLBACKS } from '../../gates/false-rollbacks';
import { NO_OUTCOMES } from '../../gates/sequential/outcomes';
import { isTested } from '../../gates/sequential/rule-of-plan';
import { countedRule, type CountedRule } from '../counted-rule';
import type { Draft } from '../draft';
import { quoteName } from '../plan-problem';
import type { PlanPhase } from '../plan-schema';
import { cohortVolumes } from '../volume/cohort-volumes';
import { percentWords } from '../words/percent-words';
import { readable, type Rule } from './rule';
import { isWhole } from './volume';

/** 1 in 10,000 phases: fewer than anybody has. */
const FEWEST = 0.000_1;
/** More than a step of the largest companies takes. */
const MOST_OUTCOMES = 100_000;
/** Where an outage is not seen by then, it is not by any test. */
const MOST_PATIENTS = 3_000;

/**
 * R38: the chance of a false rollback is bought with patients. Whatever the volume, an outage is seen after so many more of them, and anything less than an outage
 * after far more.
 */
export const outagesSeenSoon: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    const { falseRollbacks } = phase;
    if (falseRollbacks === undefined || falseRollbacks <= 0 || falseRollbacks >= FEWEST) continue;
    const tested = testedGates(phase);
    const slowest = tested
      .map(({ id, rule }) => ({
        id,
        asked: outageAfter(rule, falseRollbacks / tested.length),
        usual: outageAfter(rule, FALSE_ROLLBACKS / tested.length),
      }))
      .sort((one, other) => other.asked - one.asked)[0];
    if (slowest === undefined) continue;
    const { id, asked, usual } = slowest;
    const late = asked > MOST_PATIENTS ? `in ${MOST_PATIENTS} patients` : `after ${asked} patients on target at best`;
    yield {
      code: 'WH646',
      path: ['phases', index, 'falseRollbacks'],
      message: `At ${percentWords(falseRollbacks)} ${quoteName(id)} sees ${asked > MOST_PATIENTS ? 'no outage ' : 'an outage '}${late}, where at ${percentWords(FALSE_ROLLBACKS)} it does after ${usual}; what is less than an outage takes far longer. Write ${percentWords(FEWEST)} or more; 1% to 5% is usual.`,
    };
  }
};

function testedGates(phase: Draft<PlanPhase>): { id: string; rule: CountedRule }[] {
  return [...readable(phase.gates)].flatMap(([, { id = '', rule }]) => {
    if (rule === undefined || !isWhole(rule) || !isTested(rule)) return [];
    const counted = countedRule(rule);
    return counted === undefined ? [] : [{ id, rule: counted }];
  });
}

/** How many patients on target it takes where none is kept there and all are on legacy, to which as many go. */
function outageAfter(rule: CountedRule, alpha: number): number {
  const watcher = crossing(rule, alpha)();
  for (let patients = 1; patients <= MOST_PATIENTS; patients += 1) {
    watcher({ target: NO_OUTCOMES, legacy: { kept: 1, missed: 0 } });
    if (watcher({ target: { kept: 0, missed: 1 }, legacy: NO_OUTCOMES })) return patients;
  }
  return Infinity;
}

/** A gate waits for outcomes that no volume brings. Where the volume is known, what they take is reckoned (WH620). */
export const outcomesInReach: Rule = function* ({ phases }) {
  for (const [index, phase] of readable(phases)) {
    if (cohortVolumes(phase).next().done !== true) continue;
    for (const [at, { rule, source }] of readable(phase.gates)) {
      if (source?.kind === 'synthetic' || rule === undefined || !('minimumOutcomes' in rule)) continue;
      const { minimumOutcomes } = rule;
      if (minimumOutcomes === undefined || minimumOutcomes <= MOST_OUTCOMES) continue;
      yield {
        code: 'WH647',
        path: ['phases', index, 'gates', at, 'rule', 'minimumOutcomes'],
        message: `No step ends before ${minimumOutcomes} outcomes on target. How many arrive is not said ('volume'): at 1000 a day there that is ${Math.ceil(minimumOutcomes / 1_000)} days for each step. Write fewer; 20 to 200 are usual.`,
      };
    }
  }
};
