import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The YAML of a plan with one phase, `payment`, and two cohorts, `pilot-states` and `everyone-else`. */
export const PAYMENT_PLAN = readFileSync(join(__dirname, '..', '..', 'fixtures', 'plans', 'payment.yaml'), 'utf8');
