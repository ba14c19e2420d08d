import { systemClock } from '../../../platform/system-clock';
import { itBehavesLikeAClock } from './clock-conformance';

describe('systemClock', () => {
  itBehavesLikeAClock(() => ({
    clock: systemClock,
    letTimePass: () => {
      const until = performance.now() + 2;
      while (performance.now() < until);
    },
  }));

  it('agrees with the machine', () => {
    const before = Date.now();
    const reading = systemClock.now().getTime();
    expect(reading).toBeGreaterThanOrEqual(before);
    expect(reading).toBeLessThanOrEqual(Date.now());
  });
});
