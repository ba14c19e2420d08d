import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../platform/package-root';

/** Ten minutes to a deadline become five seconds, and the eight that vendors may be late become four. */
export const TIME_SCALE = 120;
export const PHASE = 'payment';
/** The handoff that some journeys miss, and the one that none does. */
export const MISSED_HANDOFF = 'payment-to-provider-routing';
export const KEPT_HANDOFF = 'payment-to-next-step-message';

const RAMP = /- \{ share: 10%, watch: 45m \}\n[^]*?- \{ share: 100%, watch: 45m \}\n/;
/** A first step that is watched for longer than the benchmark lasts, with half of the arrivals on either side. */
const LONG_STEP = `- { share: 50%, watch: 7d }
      - { share: 100%, watch: 45m }
`;

/** examples/payment.yaml with that ramp: four gates over two handoffs. */
export function watchedPlan(): string {
  const yaml = readFileSync(join(packageRoot(), 'examples', 'payment.yaml'), 'utf8');
  if (!RAMP.test(yaml)) throw new Error('examples/payment.yaml does not read as the benchmark expects.');
  return yaml.replace(RAMP, LONG_STEP);
}
