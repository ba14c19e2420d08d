import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const MIGRATION = 'payment';
export const PHASE = 'payment';
export const FLAG = `${MIGRATION}.${PHASE}`;
export const COHORTS = ['first-state', 'all-arrivals'] as const;
export const SALT = 'salt-of-the-benchmark';
export const SHARE_PERCENT = 25;
/** In buckets. */
export const SHARE = SHARE_PERCENT * 1_000;

const ONE_COHORT = '      - id: all-arrivals\n';
const TWO_COHORTS = `      - { id: first-state, when: { state: [WA] } }\n${ONE_COHORT}`;

/** examples/payment.yaml with a cohort of one state above the others, so that a decision has to tell them apart. */
export function benchmarkPlan(): string {
  const yaml = readFileSync(join(__dirname, '..', '..', 'examples', 'payment.yaml'), 'utf8');
  if (!yaml.includes(ONE_COHORT)) throw new Error('examples/payment.yaml does not read as the benchmark expects.');
  return yaml.replace(ONE_COHORT, TWO_COHORTS);
}
