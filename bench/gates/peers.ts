import { measureRule, streamsOf, type Cell } from './cells';
import { argoRollouts } from './rules/argo-rollouts';
import { flagger } from './rules/flagger';
import { groupSequential } from './rules/group-sequential';
import { kayenta } from './rules/kayenta';
import { msprt } from './rules/msprt';
import { ALPHA } from './rules/our-gate';
import type { Rule } from './rules/rule';
import { FAILING, HEALTHY } from './scenarios';

const BY_HAND = { atLeast: 0.4, failureLimit: 1, passesNoData: true };

export const ARGO_WITHOUT_DATA = argoRollouts({
  ...BY_HAND,
  name: 'Argo Rollouts, no data an error',
  passesNoData: false,
});

const SAME_ANYWHERE: readonly Rule[] = [
  flagger({ name: 'Flagger, below 0.50 five times', atLeast: 0.5, threshold: 5 }),
  kayenta,
  groupSequential('Pocock', ALPHA),
  groupSequential("O'Brien-Fleming", ALPHA),
  msprt(0.05, ALPHA),
  msprt(0.1, ALPHA),
];

/** Others' rules with settings that somebody would choose; Argo's also with those by which it does best, for whom the truth is known before. */
export function peersAt(cell: Omit<Cell, 'scenario'>): Rule[] {
  return [argoRollouts({ ...BY_HAND, name: 'Argo Rollouts, below 0.40 twice' }), ...bestArgo(cell), ...SAME_ANYWHERE];
}

/** Of those tried: less than the 6%, as the best of many tries is always a little lucky. */
const MOST_ROLLED_BACK = 0.045;
const TRIED = 800;

/** Of all thresholds and limits that roll back at most 6% of what is healthy the one that harms fewest where target is 20 points worse. */
function bestArgo(cell: Omit<Cell, 'scenario'>): Rule[] {
  const [healthy, worse] = [HEALTHY.stationary, FAILING.minus20].map((scenario) => {
    const streams = streamsOf({ ...cell, scenario });
    return { scenario, streams: Array.from({ length: TRIED }, () => streams.draw()) };
  });
  if (healthy === undefined || worse === undefined) return [];
  const rules: { rule: Rule; harmed: number }[] = [];
  for (let failureLimit = 0; failureLimit <= 10; failureLimit += 1) {
    for (let hundredths = 58; hundredths > 0; hundredths -= 2) {
      const rule = argoWith(hundredths / 100, failureLimit);
      if (measureRule(healthy.scenario, healthy.streams, rule).rolledBack > MOST_ROLLED_BACK) continue;
      rules.push({ rule, harmed: measureRule(worse.scenario, worse.streams, rule).harmedMean });
      break;
    }
  }
  return rules
    .sort((one, other) => one.harmed - other.harmed)
    .slice(0, 1)
    .map(({ rule }) => rule);
}

function argoWith(atLeast: number, failureLimit: number): Rule {
  const name = `Argo Rollouts, tuned: below ${atLeast.toFixed(2)} ${failureLimit + 1} times`;
  return argoRollouts({ name, atLeast, failureLimit, passesNoData: true });
}
