import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const MIGRATION = 'payment';
export const PHASE = 'payment';
export const FLAG = `${MIGRATION}.${PHASE}`;
/** Those that ramp; the last takes whoever no other takes. */
export const COHORTS = ['returning', 'sync-first', 'async'] as const;
export const SALT = 'salt-of-the-benchmark';
export const SHARE_PERCENT = 25;
/** In buckets. */
export const SHARE = SHARE_PERCENT * 1_000;

const ATTRIBUTES = '  state: [CA, FL, NY, TX, WA]\n';
const ONE_COHORT = '      - id: all-arrivals\n';
const FIVE_COHORTS = `
      - { id: existing, when: { relation: [existing] }, staysOnLegacy: They move in waves. }
      - { id: controlled-by-hand, when: { program: [hormone] }, staysOnLegacy: They move by hand. }
      - { id: returning, when: { relation: [returning] } }
      - { id: sync-first, when: { state: [WA] } }
      - id: async
`.slice(1);

/** examples/payment.yaml with the cohorts of a whole company, as in examples/telehealth.yaml. */
export function benchmarkPlan(): string {
  const yaml = readFileSync(join(__dirname, '..', '..', 'examples', 'payment.yaml'), 'utf8');
  if (!yaml.includes(ONE_COHORT) || !yaml.includes(ATTRIBUTES)) {
    throw new Error('examples/payment.yaml does not read as the benchmark expects.');
  }
  return yaml
    .replace(ATTRIBUTES, `${ATTRIBUTES}  relation: [new, returning, existing]\n`)
    .replace(ONE_COHORT, FIVE_COHORTS);
}
