import { percent } from './bars';
import type { Figures, Measured } from './cells';
import { FAILING, SCENARIOS } from './scenarios';
import { LENIENT_ALPHA, type PARTS } from './rules/our-gate';
import type { Rule } from './rules/rule';
import { untilCertified, untilRollback, type Wait } from './small-volume';

const NAME = 46;
const COLUMN = 19;

const OURS: Record<(typeof PARTS)[number], string> = {
  comparison: '(a) comparison alone',
  floor: '(b) floor alone',
  gate: 'gate of (a) and (b)',
  lenient: `gate of (a) and (b), alpha ${LENIENT_ALPHA.toFixed(2)}`,
};

/** Of one share: a row by rule, a column by scenario. */
export function shareTable(share: number, cells: readonly Measured[], rules: readonly Rule[]): string[] {
  const names = SCENARIOS.map(({ name }) => name.padStart(COLUMN)).join('');
  return [
    `target at ${percent(share)}`,
    `  ${'rolled back; exposed (median), harmed (mean)'.padEnd(NAME)}${names}`,
    ...(Object.keys(OURS) as (keyof typeof OURS)[]).map((part) =>
      row(
        OURS[part],
        cells.map(({ ours }) => ours[part]),
      ),
    ),
    ...rules.map((rule) =>
      row(
        rule.name,
        cells.map(({ others }) => others.get(rule)),
      ),
    ),
  ];
}

function row(name: string, figures: readonly (Figures | undefined)[]): string {
  const shown = figures.map((each, number) => {
    if (each === undefined) return '';
    if (SCENARIOS[number]?.loss === 0) return shownShare(each);
    return `${each.exposedMedian.toFixed(0)}, ${each.harmedMean.toFixed(1)}`;
  });
  return `  ${name.padEnd(NAME)}${shown.map((cell) => cell.padStart(COLUMN)).join('')}`;
}

export interface NoDataOutcome {
  isOurs: boolean;
  rule: string;
  scenario: string;
  outcome: string;
}

export function noDataTable(outcomes: readonly NoDataOutcome[]): string[] {
  return [
    '24 hours at 5%',
    ...outcomes.map(({ rule, scenario, outcome }) => `  ${rule.padEnd(NAME)}${scenario.padEnd(20)}${outcome}`),
  ];
}

/** Medians, by share. */
export function smallVolumeTable(shares: readonly number[], runs: number, seed: number): string[] {
  const line = (what: string, wait: (share: number) => Wait) =>
    `  ${what.padEnd(NAME)}${shares.map((share) => shownWait(wait(share)).padStart(COLUMN)).join('')}`;
  return [
    'at 150 arrivals a day, a look each hour: patients of target, and days (medians)',
    `  ${''.padEnd(NAME)}${shares.map((share) => percent(share).padStart(COLUMN)).join('')}`,
    ...(['outage', 'minus50', 'minus20'] as const).map((name, index) =>
      line(`${FAILING[name].name}: rolled back after`, (share) => untilRollback(name, share, runs, seed + index)),
    ),
    ...[0.05, 0.1].map((margin, index) =>
      line(`not ${100 * margin} points worse: shown after`, (share) =>
        untilCertified(margin, share, runs, seed + 10 + index),
      ),
    ),
  ];
}

export function shownShare({ rolledBack }: Figures): string {
  return `${(100 * rolledBack).toFixed(2)}%`;
}

function shownWait({ patients, days }: Wait): string {
  return patients === Infinity ? 'not in time' : `${patients.toFixed(0)}, ${days.toFixed(days < 10 ? 1 : 0)} d`;
}
