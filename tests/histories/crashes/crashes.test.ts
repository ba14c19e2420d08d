import { ensureBuilt } from '../../setup/built-system';
import { describeViolation } from '../check/violation';
import { freshSeed } from '../fresh-seed';
import { playCrashes } from './play-crashes';

const RUNS = 6;

beforeAll(() => {
  ensureBuilt();
}, 300_000);

describe('real API, worker, Temporal and Postgres processes are killed while migrations ramp and are rolled back', () => {
  // `npm run check:crashes` plays more.
  it('and nothing is violated: I1 to I3, I9, I14; each cohort ends before the step, on it, or held for people (I11)', async () => {
    const checked = await playCrashes({ runs: RUNS, seed: freshSeed('crashes') });
    expect(checked.violations.map(({ violation }) => describeViolation(violation))).toEqual([]);
    expect(checked.histories).toBe(RUNS);
    expect(checked.answers).toBeGreaterThan(RUNS * 20);
  });
});
