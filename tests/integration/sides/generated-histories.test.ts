import { checkWorlds } from '../../histories/check-worlds';
import { describeViolation } from '../../histories/check/violation';
import { TEST_SEED } from '../../setup/test-seed';

const RUNS = 40;

describe('histories of ramps, rollbacks, restarts and outages, over three API processes', () => {
  // `npm run test:histories` plays many more, others each time, and shows that the judge finds what is planted.
  it('violate nothing: I1 to I4, I9, I14, numbers a day and caps', async () => {
    const checked = await checkWorlds({ runs: RUNS, seed: TEST_SEED, atOnce: 1 });
    expect(checked.histories).toBe(RUNS);
    expect(checked.violations.map(({ violation }) => describeViolation(violation))).toEqual([]);
  }, 240_000);
});
